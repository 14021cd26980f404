// All client transactions: matching (RFC 3261 §17.1.3), ACK for refusals (§17.1.1.3), CANCEL (§9.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "signaling/flow.hpp"
#include "signaling/flow_index.hpp"
#include "signaling/invite_client_transaction.hpp"
#include "signaling/large_requests.hpp"
#include "signaling/message.hpp"
#include "signaling/non_invite_client_transaction.hpp"
#include "signaling/request_router.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_event.hpp"
#include "signaling/transaction_output.hpp"

namespace rotunda::sip {

class ClientTransactions {
  public:
    ClientTransactions(const TimerSettings& timers, RouterSettings router, RandomSource& random,
                       TransactionOutput& output);

    ClientTransactionId send(SipMessage request, const Flow& flow, TimePoint now);
    void cancel(ClientTransactionId invite, TimePoint now, std::string_view reason = {});
    void send_ack(SipMessage ack, const Flow& flow, const std::string& branch, TimePoint now);
    std::string new_branch();
    LookupId find_way(const Uri& uri, const std::optional<IpAddress>& asker, TimePoint now);

    void receive(SipMessage response, const Flow& flow, TimePoint now);
    void on_transport_error(const Flow& flow, TimePoint now);
    void on_timeout(TimePoint now);
    void on_dns_answer(const DnsAnswer& answer, TimePoint now);
    std::vector<DnsQuestion> take_questions() { return router_.resolver().take_questions(); }
    void set_flow_source(FlowSource& source) { router_.set_flow_source(source); }

    std::optional<TimePoint> next_timeout() const { return timers_due_.next(); }
    std::size_t size() const { return records_.size(); }

  private:
    using Machine = std::variant<InviteClientTransaction, NonInviteClientTransaction>;

    // `wanted`: it is sent as soon as a provisional response comes.
    enum class Cancel : std::uint8_t { none, wanted, sent };

    struct Record {
        Machine machine;
        Flow flow;
        std::string key = {};
        FlowLink<ClientTransactionId> link = {};
        // With its Via: ACK and CANCEL of an INVITE are made from it, and what else may have to go another
        // way. Empty for all others.
        SipMessage request = {};
        Cancel cancel = Cancel::none;
        std::string cancel_reason = {};
        bool too_large = false;         // for UDP; it goes there only if there is no TCP
        bool answered = false;          // somebody is there
        std::vector<Flow> others = {};  // still to be tried should this way fail (RFC 3263 §4.3)
        bool answered_here = false;     // a CANCEL: the TU knows nothing of it
        bool has_final = false;         // the TU has its outcome
    };
    using Records = std::unordered_map<ClientTransactionId, Record>;
    using Entry = Records::value_type;

    // A request with its Via, for the way it takes.
    struct Addressed {
        SipMessage request;
        std::string bytes;
        Flow flow;
        bool too_large = false;  // for the UDP that was asked for: it goes by TCP
    };
    Addressed address(SipMessage request, const Flow& flow, const std::string& branch, TimePoint now);
    Entry& start(Addressed request, TimePoint now);
    void run(Entry& entry, Addressed request, TimePoint now);
    void send_again_by_udp(Entry& entry, TimePoint now);
    void forget_keys(Entry& entry);

    // client_routing.cpp
    struct Waiting {                      // for the DNS
        ClientTransactionId transaction;  // none: an ACK
        SipMessage request;
        Flow asked;
        Uri uri;
        std::string branch;
    };
    void look_up(Waiting waiting, TimePoint now);
    void take_found(TimePoint now);
    struct WayWanted {
        Uri uri;
        std::optional<IpAddress> asker;
    };
    void say_way(LookupId lookup, const std::vector<Target>& targets, const WayWanted& wanted);
    void on_found(Waiting waiting, const std::vector<Target>& targets, TimePoint now);
    // The request over the next flow of `others`, of which there is one.
    void try_next(Entry& entry, TimePoint now);
    // A server that could not be reached is not the first one to be tried for so long; one that was silent,
    // which took half a minute to find out (Timer B), for longer.
    static constexpr Duration unreachable_avoided_for = std::chrono::seconds(30);
    static constexpr Duration silent_avoided_for = std::chrono::minutes(5);
    // True: the request has gone another way. Nobody was there, or said 503.
    bool moves_on(Entry& entry, Duration avoided_for, TimePoint now);
    bool moves_on(Entry& entry, const SipMessage& response, TimePoint now);
    void leave_behind(Entry& entry, const TransactionOutbox& out);
    void fail_unsent(Entry& entry);
    void send_cancel(Entry& invite, TimePoint now);
    bool feed(Record& record, const SipMessage& response, TimePoint now, TransactionOutbox& out);
    void receive_stray(SipMessage response, const Flow& flow);
    // Does what the machine asked for, keeps its deadline, buries it when it has ended.
    void carry_out(Entry& entry, const TransactionOutbox& out);
    void fail(const Entry& entry, TransactionFailure failure);
    void bury(Entry& entry);

    TimerSettings timers_;
    RandomSource& random_;
    TransactionOutput& output_;

    RequestRouter router_;
    std::unordered_map<LookupId, Waiting> waiting_;
    std::unordered_map<LookupId, WayWanted> ways_wanted_;
    LargeRequests large_;
    IdSource<ClientTransactionId> ids_;
    Records records_;
    std::unordered_map<std::string, ClientTransactionId> by_key_;  // its keys are of our making
    FlowIndex<ClientTransactionId> by_flow_;
    TimerQueue<ClientTransactionId> timers_due_;
    std::string scratch_;  // for keys to look up; grows once
};

}  // namespace rotunda::sip
