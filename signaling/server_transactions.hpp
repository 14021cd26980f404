// All server transactions: matching (RFC 3261 §17.2.3), CANCEL (§9.2), merged requests (§8.2.2.2), limits.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "base/keyed_hash.hpp"
#include "base/random.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "signaling/flow.hpp"
#include "signaling/flow_index.hpp"
#include "signaling/invite_server_transaction.hpp"
#include "signaling/message.hpp"
#include "signaling/non_invite_server_transaction.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_event.hpp"
#include "signaling/transaction_output.hpp"

namespace rotunda::sip {

// A call leaves two transactions behind for 32 s each (Timers L and J over UDP): the default is 3,000 calls a
// second. Where a limit is reached, those that are answered make room, the oldest first: those that are no
// INVITE's, then refused INVITEs, acknowledged or not. A flood of requests shortens how long they wait for
// copies and ACKs, and keeps nobody out.
struct ServerTransactionLimits {
    std::size_t outside_dialogs = 200'000;  // from so many on, requests without a To tag get 503
    std::size_t all = 250'000;              // from so many on, every request gets 503
    int retry_after_seconds = 5;            // said in that 503
    // Of responses kept, which hold what the peers wrote (64 kB if they like): from so many on as from
    // outside_dialogs on, from a quarter more on as from all on.
    std::size_t bytes = std::size_t{512} << 20;
};

class ServerTransactions {
  public:
    ServerTransactions(const TimerSettings& timers, const ServerTransactionLimits& limits,
                       RandomSource& random, TransactionOutput& output);

    // Any request, its top Via already carrying received and rport. `flow` is where it came from.
    void receive(SipMessage request, const Flow& flow, TimePoint now);
    bool respond(ServerTransactionId id, SipMessage response, TimePoint now);
    void set_to_tag(ServerTransactionId id, std::string_view tag);
    void on_transport_error(const Flow& flow);
    void on_timeout(TimePoint now);

    std::optional<TimePoint> next_timeout();
    std::size_t size() const { return records_.size(); }
    // Kept for them in responses, at most so many octets.
    std::size_t bytes() const { return bytes_; }

  private:
    using Machine = std::variant<InviteServerTransaction, NonInviteServerTransaction>;
    // By a secret-keyed hash of the key: peers choose the keys and could make them collide.
    using Index = std::unordered_map<KeyedDigest, ServerTransactionId>;

    struct Record {
        Record(const TimerSettings& timers, bool reliable, bool is_invite)
            : machine(is_invite ? Machine(InviteServerTransaction(timers, reliable))
                                : Machine(NonInviteServerTransaction(timers, reliable))) {}

        Machine machine;
        Flow back;  // where responses go
        FlowLink<ServerTransactionId> link = {};
        KeyedDigest key = {};
        // Without the magic cookie: the key up to the To tag.
        std::string rfc2543_prefix = {};
        std::optional<KeyedDigest> ack_key = {};    // RFC 2543 INVITE with a final response
        std::optional<KeyedDigest> merge_key = {};  // request outside a dialog
        std::string to_tag = {};                    // of our responses; empty until one needed it
        bool answered_here = false;                 // by this layer: the TU knows nothing of it
        bool has_final = false;
        bool failed = false;
        bool absorbs = false;   // it is in absorbing_
        bool queued = false;    // it is in timers_due_
        bool aside = false;     // it is in unanswered_, and belongs there
        std::size_t bytes = 0;  // its part of bytes_
        // Its place in refused_.
        std::optional<std::list<ServerTransactionId>::iterator> refused = {};
    };
    using Records = std::unordered_map<ServerTransactionId, Record>;
    using Entry = Records::value_type;

    Entry& begin(const SipMessage& request, const KeyedDigest& key, const Flow& flow);
    // A request the TU is not asked about: the layer's own answer.
    void answer_here(const SipMessage& request, const Flow& flow, int status, std::string to_tag,
                     TimePoint now);
    void receive_again(Entry& entry, SipMessage request, const Flow& flow, TimePoint now);
    void receive_cancel(SipMessage cancel, const Flow& flow, TimePoint now);
    void receive_new(SipMessage request, const KeyedDigest& key, const Flow& flow, TimePoint now);
    // Writes the key into scratch_.
    KeyedDigest server_key(const SipMessage& request, std::string_view method);
    KeyedDigest merge_key(const SipMessage& request);
    bool overloaded(const SipMessage& request) const;
    // False: there is none to be had.
    bool make_room();
    void refuse(const SipMessage& request, const Flow& flow);
    bool answer(Entry& entry, SipMessage response, TimePoint now);
    // Counts the response a transaction keeps in bytes_.
    void weigh(Record& record, std::size_t response_size);
    void agree_on_to_tag(Record& record, SipMessage& response);
    // It may make room from now on.
    void note_refused_invite(Entry& entry);
    void expect_rfc2543_ack(Entry& entry);
    // Does what the machine asked for, keeps its deadline, buries it when it has ended.
    void carry_out(Entry& entry, const TransactionOutbox& out);
    void keep_deadline(Entry& entry);
    void put_aside(Entry& entry);
    void queue_unanswered();
    void let_time_pass(Entry& entry, TimePoint now);
    void fail(Entry& entry, TransactionFailure failure);
    void bury(Entry& entry);

    TimerSettings timers_;
    ServerTransactionLimits limits_;
    RandomSource& random_;
    TransactionOutput& output_;

    IdSource<ServerTransactionId> ids_;
    Records records_;
    Index by_key_;
    Index by_merge_key_;
    FlowIndex<ServerTransactionId> by_flow_;
    TimerQueue<ServerTransactionId> timers_due_;
    std::vector<ServerTransactionId> unanswered_;  // whose deadline is not in timers_due_ yet
    struct End {
        TimePoint at;
        ServerTransactionId id;
    };
    // Those that only absorb what still comes, thirty seconds' worth of them: nearly all have the same time
    // to live, so that the order in which they begin is that in which they end. Some are gone before.
    // [0]: those that may make room, [1]: those of INVITEs.
    std::array<std::deque<End>, 2> absorbing_;
    std::list<ServerTransactionId> refused_;  // INVITEs answered 300 or more, the longest answered first
    std::size_t bytes_ = 0;
    KeyedHash hash_;
    std::string scratch_;  // for keys to look up; grows once
};

}  // namespace rotunda::sip
