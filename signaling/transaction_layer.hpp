// The transaction layer: RFC 3261 §17 with §18.1.2, §18.2.1, §18.2.2 of the transport layer, RFC 3581
// (rport), RFC 6026 and RFC 4320. Between the wire (parsed messages and flows) and the transaction user (TU),
// which sees each request, response and failure once. Sans-IO, owned by the signaling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "signaling/client_transactions.hpp"
#include "signaling/flow.hpp"
#include "signaling/message.hpp"
#include "signaling/server_transactions.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_counters.hpp"
#include "signaling/transaction_event.hpp"
#include "signaling/transaction_output.hpp"

namespace rotunda::sip {

class TransactionLayer {
  public:
    struct Settings {
        TimerSettings timers;
        ServerTransactionLimits limits;
        RouterSettings router = {};
    };

    // `random` must outlive the layer.
    TransactionLayer(const Settings& settings, RandomSource& random);

    // One well-formed message (parse_message() accepted it).
    void receive(SipMessage message, const Flow& flow, TimePoint now);

    // --- as a server
    // Adds the transaction's To tag where the response has none (not in a 100). A 2xx to an INVITE is
    // retransmitted by calling again (RFC 6026 §7.1). False, counted and not sent: unknown or ended
    // transaction, a second final response, a provisional response or 408 to a non-INVITE request (RFC 4320).
    bool respond(ServerTransactionId transaction, SipMessage response, TimePoint now);
    // The To tag of all responses from now on, that to a CANCEL included (RFC 3261 §9.2).
    void set_to_tag(ServerTransactionId transaction, std::string_view tag) {
        servers_.set_to_tag(transaction, tag);
    }
    // Answers without a transaction, once: for a broken request that parse_message() says to answer.
    // `response` is made by response_to() and goes where its top Via, as received over `flow`, says.
    void send_stateless(SipMessage response, const Flow& flow);

    // --- as a client
    // Adds the top Via: transport and advertised address of the flow, a new branch, rport. Not for ACK and
    // CANCEL. What is too large for UDP goes to the same endpoint by TCP if the peer has it (§18.1.1).
    // With a flow that is_unspecified(), or where the URI names a host and names are resolved, the ways of
    // RFC 3263 are tried one after the other; Contact, if it was made for `flow`, is made to fit.
    ClientTransactionId send_request(SipMessage request, const Flow& flow, TimePoint now);
    // Cancels an INVITE (§9.1): at once if a provisional response has come, else as soon as one does. Without
    // effect when there is a final response. The INVITE still ends with a response (487 mostly, a 2xx if that
    // crossed) or a timeout.
    // `reason`: value of the CANCEL's Reason header field (RFC 3326), empty for none.
    void cancel(ClientTransactionId invite, TimePoint now, std::string_view reason = {});
    // The ACK for a 2xx, with a Via of its own (§13.2.2.4), which is a new_branch(); again, as it was, for
    // every further 2xx.
    void send_ack(SipMessage ack, const Flow& flow, const std::string& branch, TimePoint now);
    std::string new_branch() { return clients_.new_branch(); }
    // Which way a request to this URI would go now (RFC 3263), for who asked for it (Flow::asker):
    // WayFound follows.
    LookupId find_way(const Uri& uri, const std::optional<IpAddress>& asker, TimePoint now) {
        return clients_.find_way(uri, asker, now);
    }

    // --- from the transport
    // `flow` of an OutgoingMessage that could not be sent, or of a connection that broke.
    void on_transport_error(const Flow& flow, TimePoint now);

    // To be asked on the wire, each to be answered once.
    std::vector<DnsQuestion> take_questions() { return clients_.take_questions(); }
    void on_dns_answer(const DnsAnswer& answer, TimePoint now) { clients_.on_dns_answer(answer, now); }
    void set_flow_source(FlowSource& source) { clients_.set_flow_source(source); }

    // --- driving
    void on_timeout(TimePoint now);
    std::optional<TimePoint> next_timeout();
    // In order; to be drained after each call of the above.
    std::vector<OutgoingMessage> take_outgoing();
    std::vector<TransactionEvent> take_events();

    const TransactionCounters& counters() const { return output_.counters; }
    std::size_t server_transactions() const { return servers_.size(); }
    // What server transactions keep of keys and responses.
    std::size_t server_bytes() const { return servers_.bytes(); }
    std::size_t client_transactions() const { return clients_.size(); }

  private:
    TransactionOutput output_;
    ServerTransactions servers_;
    ClientTransactions clients_;
};

}  // namespace rotunda::sip
