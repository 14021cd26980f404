// The INVITE client transaction: RFC 3261 §17.1.1 as changed by RFC 6026 §7.2 (state Accepted, Timer M).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_outbox.hpp"
#include "signaling/transaction_timer.hpp"

namespace rotunda::sip {

class InviteClientTransaction {
  public:
    enum class State : std::uint8_t { calling, proceeding, completed, accepted, terminated };

    InviteClientTransaction(const TimerSettings& timers, bool reliable)
        : timers_(timers), reliable_(reliable) {}

    // Sends the INVITE. Called once, first.
    void start(std::string invite, TimePoint now, TransactionOutbox& out);
    // `ack`: the ACK of §17.1.1.3, made by the owner for a status from 300 on; unused below.
    void receive_response(int status, std::string ack, TimePoint now, TransactionOutbox& out);
    // A CANCEL for this INVITE has been sent: from now on the peer has 64*T1 to end it (§9.1).
    void cancel_sent(TimePoint now);
    void on_transport_error(TransactionOutbox& out);
    void on_timeout(TimePoint now, TransactionOutbox& out);

    std::optional<TimePoint> next_timeout() const;
    State state() const { return state_; }
    bool terminated() const { return state_ == State::terminated; }

  private:
    void complete(std::string ack, TimePoint now, TransactionOutbox& out);
    void accept(TimePoint now);
    void leave_calling();
    void terminate();

    TimerSettings timers_;
    bool reliable_;
    State state_ = State::calling;
    std::string retransmission_;  // the INVITE while calling, the ACK when completed
    TransactionTimer timer_a_;    // INVITE retransmission, unreliable transports only
    TransactionTimer timer_b_;    // no response at all; once canceled, no final response
    TransactionTimer linger_;     // Timer D (completed) or M (accepted)
};

}  // namespace rotunda::sip
