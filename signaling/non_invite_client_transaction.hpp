// The non-INVITE client transaction: RFC 3261 §17.1.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_outbox.hpp"
#include "signaling/transaction_timer.hpp"

namespace rotunda::sip {

class NonInviteClientTransaction {
  public:
    enum class State : std::uint8_t { trying, proceeding, completed, terminated };

    NonInviteClientTransaction(const TimerSettings& timers, bool reliable)
        : timers_(timers), reliable_(reliable) {}

    // Sends the request. Called once, first.
    void start(std::string request, TimePoint now, TransactionOutbox& out);
    void receive_response(int status, TimePoint now, TransactionOutbox& out);
    void on_transport_error(TransactionOutbox& out);
    void on_timeout(TimePoint now, TransactionOutbox& out);

    std::optional<TimePoint> next_timeout() const;
    State state() const { return state_; }
    bool terminated() const { return state_ == State::terminated; }

  private:
    void complete(TimePoint now);
    void terminate();

    TimerSettings timers_;
    bool reliable_;
    State state_ = State::trying;
    std::string request_;
    TransactionTimer timer_e_;  // request retransmission, unreliable transports only
    TransactionTimer timer_f_;  // no final response
    TransactionTimer timer_k_;  // absorbs retransmitted responses
};

}  // namespace rotunda::sip
