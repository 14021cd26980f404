// The reliable provisional responses of one INVITE server transaction (RFC 3262 §3) as a state machine: one
// at a time is on its way, repeated until its PRACK. Sans-IO.
#pragma once

#include <cstdint>
#include <optional>

#include "base/random.hpp"
#include "base/time.hpp"
#include "signaling/message.hpp"
#include "signaling/session_outbox.hpp"
#include "signaling/timer_settings.hpp"

namespace rotunda::sip {

class ReliableProvisional {
  public:
    ReliableProvisional(const TimerSettings& timers, RandomSource& random);

    // One was sent and has no PRACK yet: no other may follow it, nor a 2xx if it has SDP.
    bool waiting() const { return waiting_.has_value(); }
    bool waiting_with_sdp() const { return waiting_ && !waiting_->response.body().empty(); }
    // The next one, with Require and RSeq added. Not while one waits.
    void send(ServerTransactionId transaction, SipMessage response, TimePoint now, SessionOutbox& out);
    // True: the PRACK is for the one that waits, which it ends. False: for none, or an older one (481).
    bool acknowledge(const SipMessage& prack);
    // The final response is out: no more copies; a PRACK on its way still has its place.
    void stop_repeating();

    // Repeats what is due.
    void on_timeout(TimePoint now, SessionOutbox& out);
    // 64*T1 went by without PRACK: the INVITE is to be refused with a 5xx.
    bool given_up(TimePoint now) const { return waiting_ && waiting_->give_up_at <= now; }
    std::optional<TimePoint> next_timeout() const;

  private:
    struct Waiting {
        ServerTransactionId transaction;
        SipMessage response;
        Duration interval{};
        TimePoint resend_at;
        TimePoint give_up_at;
    };

    TimerSettings timers_;
    std::uint32_t rseq_;  // of the last one sent
    std::optional<Waiting> waiting_;
};

}  // namespace rotunda::sip
