// The INVITE server transaction: RFC 3261 §17.2.1 as changed by RFC 6026 §7.1 (state Accepted, Timer L).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_outbox.hpp"
#include "signaling/transaction_timer.hpp"

namespace rotunda::sip {

class InviteServerTransaction {
  public:
    enum class State : std::uint8_t { proceeding, completed, confirmed, accepted, terminated };

    InviteServerTransaction(const TimerSettings& timers, bool reliable)
        : timers_(timers), reliable_(reliable) {}

    // `trying`: the 100 response, sent if the TU has not answered within 200 ms. Not at once: a focus mostly
    // answers in the same turn, and a 100 before each answer would be a second datagram for nothing; the
    // first retransmission of an INVITE is due at T1 = 500 ms, so that 200 ms still stops it. Called once,
    // first.
    void start(std::string trying, TimePoint now);
    // False if the state does not allow this response; it is then dropped.
    bool respond(int status, std::string response, TimePoint now, TransactionOutbox& out);
    // The INVITE again.
    void receive_retransmission(TransactionOutbox& out);
    void receive_ack(TimePoint now, TransactionOutbox& out);
    void on_transport_error(TransactionOutbox& out);
    void on_timeout(TimePoint now, TransactionOutbox& out);

    std::optional<TimePoint> next_timeout() const;
    State state() const { return state_; }
    bool terminated() const { return state_ == State::terminated; }

  private:
    void accept(std::string response, TimePoint now, TransactionOutbox& out);
    void complete(std::string response, TimePoint now, TransactionOutbox& out);
    void terminate();

    TimerSettings timers_;
    bool reliable_;
    State state_ = State::proceeding;
    bool answered_ = false;          // false: response_ is the 100 that still waits
    std::string response_;           // the last one sent, or the waiting 100
    TransactionTimer trying_timer_;  // the 200 ms
    TransactionTimer timer_g_;       // response retransmission, unreliable transports only
    TransactionTimer timer_h_;       // no ACK
    TransactionTimer linger_;        // Timer I (confirmed) or L (accepted)
};

}  // namespace rotunda::sip
