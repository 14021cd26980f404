// The non-INVITE server transaction: RFC 3261 §17.2.2 as changed by RFC 4320.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_outbox.hpp"
#include "signaling/transaction_timer.hpp"

namespace rotunda::sip {

class NonInviteServerTransaction {
  public:
    enum class State : std::uint8_t { trying, proceeding, completed, terminated };

    NonInviteServerTransaction(const TimerSettings& timers, bool reliable)
        : timers_(timers), reliable_(reliable) {}

    // `trying`: the 100 response, sent if the TU has not answered when it may be (RFC 4320 §4.1). Called
    // once, first.
    void start(std::string trying, TimePoint now);
    // False if the response may not be sent: a second final one, or a provisional one (the transaction sends
    // the only one RFC 4320 allows). A 408 ends the transaction without a word.
    bool respond(int status, std::string response, TimePoint now, TransactionOutbox& out);
    // The request again.
    void receive_retransmission(TransactionOutbox& out);
    void on_transport_error(TransactionOutbox& out);
    void on_timeout(TimePoint now, TransactionOutbox& out);

    std::optional<TimePoint> next_timeout() const;
    State state() const { return state_; }
    bool terminated() const { return state_ == State::terminated; }

  private:
    void complete(std::string response, TimePoint now, TransactionOutbox& out);
    void terminate();

    TimerSettings timers_;
    bool reliable_;
    State state_ = State::trying;
    std::string response_;           // the last one sent, or the waiting 100 in Trying
    TransactionTimer trying_timer_;  // the earliest moment for a 100
    // The client has given up (its Timer F) before a final response; then Timer J.
    TransactionTimer lifetime_;
};

}  // namespace rotunda::sip
