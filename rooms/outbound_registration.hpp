// Our registration with one trunk (RFC 3261 §10.2): what is to be sent and when. Sans-IO and without
// messages: the owner asks take_due() whenever next_timeout() has come, sends that, and says what came back.
//
// A refresh goes out well before the end of the binding. After a failure it waits as RFC 5626 §4.5 says:
// twice as long each time, at random, so that a thousand clients of a server that comes back do not come at
// once. So it does when its connection is lost again and again; the first time it registers anew at once.
// With `options_first`, OPTIONS goes ahead of each REGISTER, and every minute where none is wanted.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/random.hpp"
#include "base/time.hpp"

namespace rotunda::rooms {

class OutboundRegistration {
  public:
    struct Settings {
        std::optional<std::chrono::seconds> expires;  // asked for; none: no REGISTER at all
        bool options_first = false;
        Duration base_wait = std::chrono::seconds(30);  // RFC 5626 §4.5
        Duration max_wait = std::chrono::minutes(30);
        Duration ping_interval = std::chrono::minutes(1);
        Duration steady = std::chrono::minutes(2);  // a connection that has stood so long is no bad one
    };
    enum class Request : std::uint8_t { options, register_, unregister };
    // What the final response said; none of the members where there was none (408, 503).
    struct Answer {
        int status = 0;
        std::optional<std::chrono::seconds> granted{};      // of our contact in a 200
        std::optional<std::chrono::seconds> min_expires{};  // of a 423
        std::optional<std::chrono::seconds> retry_after{};
        bool at_once = false;  // refused for what will not be asked for again
    };

    // `random` outlives it. Begins at once.
    OutboundRegistration(Settings settings, RandomSource& random, TimePoint now);

    // What to send now; it is under way until answered().
    std::optional<Request> take_due(TimePoint now);
    void answered(const Answer& answer, TimePoint now);
    // The connection the binding leads to is gone: the binding is worth nothing before the next REGISTER.
    void flow_lost(TimePoint now);
    // The end of the process: what is registered is taken back, and nothing follows.
    void stop(TimePoint now);
    std::optional<TimePoint> next_timeout() const;

    // The binding stands, and leads to us.
    bool registered(TimePoint now) const { return bound_until_ > now && !lost_; }
    // Calls may go there: it answers, as far as it was asked.
    bool reachable() const { return !settings_.options_first || alive_; }
    // What Expires is to say.
    std::chrono::seconds expires() const { return expires_; }
    int last_status() const { return last_status_; }

  private:
    void succeed(const Answer& answer, TimePoint now);
    void fail(const Answer& answer, TimePoint now);
    Duration back_off(std::uint32_t failures);

    Settings settings_;
    RandomSource& random_;
    std::chrono::seconds expires_{0};
    std::optional<TimePoint> due_;
    std::optional<Request> under_way_;
    TimePoint bound_since_{}, bound_until_{};
    bool lost_ = false;         // the connection it leads to
    std::uint32_t losses_ = 0;  // in a row, of connections that had not stood for long
    std::uint32_t failures_ = 0;
    int last_status_ = 0;
    bool alive_ = false;
    bool pinged_ = false;  // the OPTIONS ahead of this REGISTER is answered
    bool stopping_ = false;
};

}  // namespace rotunda::rooms
