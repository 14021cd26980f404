// What has been asked of the focus by REFER, from the 202 to the last NOTIFY (RFC 3515): who asked, how far
// it has come, and what he is told. Signaling thread; the dialling is the focus's.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/time.hpp"
#include "rooms/dialer.hpp"
#include "signaling/notifier.hpp"

namespace rotunda::rooms {

// The package of RFC 3515; `lasts`: longer than anything that can be asked for.
sip::EventPackage refer_package(std::chrono::seconds lasts);

class Referrals {
  public:
    // Both outlive it.
    Referrals(sip::UserAgent& agent, sip::Notifier& notifier) : agent_(agent), notifier_(notifier) {}

    struct Accepted {
        std::optional<sip::SubscriptionId> subscription;  // none: the referrer wants to hear nothing
    };
    // 202 to a REFER that is going to be carried out, with the subscription it makes unless the referrer
    // wants none (RFC 4488). `session`: the call in whose dialog it came; `contact`: who we are outside of
    // one. nullopt: it was refused (503) and nothing is to be done.
    std::optional<Accepted> accept(const sip::RequestReceived& refer, bool subscribes,
                                   std::optional<sip::SessionId> session, const sip::LocalContact& contact,
                                   TimePoint now);
    // What was accepted is this dial, or is over with that status.
    void follow(const Accepted& referral, DialId dial);
    void conclude(const Accepted& referral, int status, TimePoint now);

    // --- from the dialer
    void on(const DialProgress& event, TimePoint now) { say(event.dial, event.status, now); }
    void on(const DialAnswered& event, TimePoint now) { say(event.dial, 200, now); }
    void on(const DialFailed& event, TimePoint now) { say(event.dial, event.status, now); }

    // --- from the notifier
    bool owns(sip::SubscriptionId subscription) const { return referrals_.contains(subscription); }
    void notify(const sip::NotifyDue& due, TimePoint now);
    void forget(sip::SubscriptionId subscription);
    // The session is over.
    void forget(sip::SessionId session) { asked_.erase(session); }

    std::size_t size() const { return referrals_.size(); }

  private:
    struct Referral {
        int status = 100;
        std::optional<DialId> dial;
    };
    void say(DialId dial, int status, TimePoint now);
    void say(sip::SubscriptionId subscription, int status, TimePoint now);

    sip::UserAgent& agent_;
    sip::Notifier& notifier_;
    std::unordered_map<sip::SubscriptionId, Referral> referrals_;
    std::unordered_map<DialId, sip::SubscriptionId> by_dial_;
    // Sessions that had one, so that the next is told apart by its id (RFC 3515 §2.4.6).
    std::unordered_set<sip::SessionId> asked_;
};

}  // namespace rotunda::rooms
