// One subscription as the notifier has it (RFC 6665 §4.2), whatever the event package: when a NOTIFY is due,
// how much it says, and when all is over. Sans-IO and without messages: Notifier gives it what SUBSCRIBE and
// the answers to NOTIFY say, and asks after each input, and at next_timeout(), what is due.
//
//   SUBSCRIBE ──► active ──expiry, terminate(), Expires: 0──► last NOTIFY owed ──► under way ──► over
//                   └───────────────────── a NOTIFY that fails ────────────────────────────────────┘
//
// One NOTIFY is under way at a time, so that a slow peer is never sent what he would get out of order, and
// what changes meanwhile waits as one fact, not as a queue: nothing here grows with the number of changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace rotunda::sip {

// What an event package fixes for its subscriptions (RFC 6665 §5.4).
struct EventPackage {
    std::string name;          // of the Event header field: "conference", "refer"
    std::string content_type;  // of its NOTIFYs: "application/conference-info+xml"
    std::chrono::seconds default_expires{3600};
    std::chrono::seconds min_expires{60};  // a SUBSCRIBE that asks for less, but not 0, gets 423
    std::chrono::seconds max_expires{3600};
    // Least time between two NOTIFYs of one subscription; the answer to a first SUBSCRIBE and the last NOTIFY
    // do not wait.
    Duration interval = std::chrono::seconds(1);
    // SUBSCRIBE makes none of its own, it only refreshes and ends: "refer" (RFC 3515 §2.4.4).
    bool implicit = false;
};

// RFC 6665 §4.1.3.
enum class SubscriptionEnd : std::uint8_t {
    deactivated,  // subscribe again at once, perhaps elsewhere
    rejected,     // never again: policy
    timeout,      // it ran out, or the subscriber ended it
    giveup,       // it could not be decided in time
    noresource,   // what was watched is no more
    probation     // subscribe again later
};
std::string_view to_string(SubscriptionEnd end);

// A NOTIFY that is to be sent now.
struct Notification {
    bool full = true;   // all there is; else what changed since the last one suffices
    bool last = false;  // nothing follows
    std::string state;  // value of Subscription-State
};

class Subscription {
  public:
    // `package` outlives the subscription. `expires`: as granted; 0 asks for the state once (§4.4.3).
    Subscription(const EventPackage& package, std::chrono::seconds expires, TimePoint now);

    // A SUBSCRIBE inside its dialog: 0 ends it, all else makes it last so long from now. Full state follows.
    void refresh(std::chrono::seconds expires, TimePoint now);
    // What it watches is not as it was.
    void changed() { owe(Owed::changes); }
    // One NOTIFY more, with this reason.
    void terminate(SubscriptionEnd reason);

    // What is to be sent now; then the NOTIFY is under way until answered() or failed().
    std::optional<Notification> take_due(TimePoint now);
    // The final response to the NOTIFY under way. `retry_after`: its Retry-After.
    void answered(int status, std::optional<std::chrono::seconds> retry_after, TimePoint now);
    // It got none.
    void failed() { over_ = true; }

    // When take_due() is to be asked next; nullopt while it waits for an answer or a change.
    std::optional<TimePoint> next_timeout() const;
    // Nothing is to be sent and nothing awaited any more.
    bool over() const { return over_; }
    // The last NOTIFY is owed, under way or answered: a SUBSCRIBE finds nothing to refresh.
    bool ending() const { return over_ || end_.has_value(); }
    std::chrono::seconds remaining(TimePoint now) const;

  private:
    enum class Owed : std::uint8_t { nothing, changes, everything };
    enum class UnderWay : std::uint8_t { none, one_of_many, last };
    void owe(Owed what);
    std::string state(TimePoint now) const;

    const EventPackage* package_;
    TimePoint expires_at_;
    TimePoint not_before_;  // of the next NOTIFY but the last
    Owed owed_ = Owed::everything;
    UnderWay under_way_ = UnderWay::none;
    std::optional<SubscriptionEnd> end_;  // the last NOTIFY is owed, or under way
    bool over_ = false;
};

}  // namespace rotunda::sip
