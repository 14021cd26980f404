// All client transactions: matching (RFC 3261 §17.1.3), ACK for refusals (§17.1.1.3), CANCEL (§9.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/random.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "signaling/flow.hpp"
#include "signaling/flow_index.hpp"
#include "signaling/invite_client_transaction.hpp"
#include "signaling/message.hpp"
#include "signaling/non_invite_client_transaction.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_event.hpp"
#include "signaling/transaction_output.hpp"

namespace rotunda::sip {

class ClientTransactions {
  public:
    ClientTransactions(const TimerSettings& timers, RandomSource& random, TransactionOutput& output);

    ClientTransactionId send(SipMessage request, const Flow& flow, TimePoint now);
    void cancel(ClientTransactionId invite, TimePoint now);
    OutgoingMessage send_ack(SipMessage ack, const Flow& flow);

    void receive(SipMessage response, const Flow& flow, TimePoint now);
    void on_transport_error(const Flow& flow, TimePoint now);
    void on_timeout(TimePoint now);

    std::optional<TimePoint> next_timeout() const { return timers_due_.next(); }
    std::size_t size() const { return records_.size(); }

  private:
    using Machine = std::variant<InviteClientTransaction, NonInviteClientTransaction>;

    struct Record {
        Machine machine;
        Flow flow;
        std::string branch;
        SipMessage invite;           // with its Via; ACK and CANCEL are made from it. Empty for other methods
        bool cancel_wanted = false;  // but no provisional response yet
        bool canceled = false;
    };
    using Records = std::unordered_map<ClientTransactionId, Record>;

    TimerSettings timers_;
    RandomSource& random_;
    TransactionOutput& output_;

    IdSource<ClientTransactionId> ids_;
    Records records_;
    std::unordered_map<std::string, ClientTransactionId> by_key_;
    FlowIndex<ClientTransactionId> by_flow_;
    TimerQueue<ClientTransactionId> timers_due_;
};

}  // namespace rotunda::sip
