// The session timer of one dialog (RFC 4028) as a state machine: who refreshes, when, and when the session
// has expired. Sans-IO; the invite session feeds it what both sides say in INVITE and UPDATE and acts on its
// hints.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "signaling/message.hpp"

namespace rotunda::sip {

struct SessionTimerSettings {
    // What we ask for, and the most we grant; 0: no session timers.
    std::chrono::seconds session_expires{1800};
    // What is shorter gets 422 (§5). Not below 90 (§4).
    std::chrono::seconds min_se{90};
};

// Session-Expires (§4).
struct SessionExpires {
    enum class Refresher : std::uint8_t { unsaid, uac, uas };

    std::chrono::seconds interval{};
    Refresher refresher = Refresher::unsaid;

    static std::optional<SessionExpires> parse(std::string_view text);
    // Of that message; nullopt where there is none or it is broken.
    static std::optional<SessionExpires> in(const SipMessage& message);
    std::string to_string() const;
    friend bool operator==(const SessionExpires&, const SessionExpires&) = default;
};

// §5: Min-SE; 90 s where there is none or it is less.
std::chrono::seconds min_se_in(const SipMessage& message);

class SessionTimer {
  public:
    explicit SessionTimer(const SessionTimerSettings& settings) : settings_(settings) {}

    // --- we answer
    // §9, Table 2: what our 2xx to that INVITE or UPDATE says; the timer runs from now, or no longer.
    void answer(const SipMessage& request, SipMessage& success, TimePoint now);

    // --- we ask
    // §7.1, §7.4: Session-Expires and Min-SE of our INVITE or UPDATE.
    void ask(SipMessage& request) const;
    // §7.2: the 2xx to it.
    void on_success(const SipMessage& success, TimePoint now);
    // §7.3: a 422 to it. False: it says nothing new, asking again would not help.
    bool on_too_small(const SipMessage& response);

    // --- the clock
    // Our refresh is due. Said once; postpone() or a 2xx sets the next.
    bool refresh_due(TimePoint now);
    // The refresh could not be sent, or failed for now: again after that time.
    void postpone(TimePoint now, Duration wait);
    // §10: time for the BYE.
    bool expired(TimePoint now) const { return expires_at_ && *expires_at_ <= now; }
    std::optional<TimePoint> next_timeout() const;
    void stop();

    bool running() const { return expires_at_.has_value(); }
    bool we_refresh() const { return running() && we_refresh_; }
    std::chrono::seconds interval() const { return interval_; }

  private:
    void start(std::chrono::seconds interval, bool we_refresh, TimePoint now);

    SessionTimerSettings settings_;
    std::chrono::seconds interval_{};  // agreed last; 0: never
    std::chrono::seconds peer_min_se_{90};
    bool we_refresh_ = false;
    std::optional<TimePoint> refresh_at_;  // of ours
    std::optional<TimePoint> expires_at_;
};

}  // namespace rotunda::sip
