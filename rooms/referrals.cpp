#include "rooms/referrals.hpp"

#include <string>
#include <utility>

#include "signaling/refer.hpp"

namespace rotunda::rooms {

sip::EventPackage refer_package(std::chrono::seconds lasts) {
    sip::EventPackage package;
    package.name = "refer";
    package.content_type = "message/sipfrag;version=2.0";
    package.default_expires = package.max_expires = lasts;
    package.interval = Duration(0);
    package.implicit = true;
    return package;
}

std::optional<Referrals::Accepted> Referrals::accept(const sip::RequestReceived& refer, bool subscribes,
                                                     std::optional<sip::SessionId> session,
                                                     const sip::LocalContact& contact, TimePoint now) {
    if (!subscribes) {
        sip::SipMessage response = agent_.make_response(refer.request, 202);
        response.add(sip::HeaderId::refer_sub, "false");
        if (const auto ours = session ? agent_.contact(*session) : std::nullopt)
            response.add(sip::HeaderId::contact, *ours);
        agent_.respond(refer.transaction, std::move(response), now);
        return Accepted{};
    }
    // RFC 3515 §2.4.6: the first of a dialog needs no id, and some phones know none.
    const bool first = !session || !asked_.contains(*session);
    const auto subscription =
        notifier_.open(refer, session, contact, "refer",
                       first ? std::string() : std::to_string(refer.request.cseq().number), now);
    if (!subscription) return std::nullopt;
    if (session) asked_.insert(*session);
    referrals_.emplace(*subscription, Referral{});
    return Accepted{subscription};
}

void Referrals::follow(const Accepted& referral, DialId dial) {
    if (!referral.subscription) return;
    referrals_.at(*referral.subscription).dial = dial;
    by_dial_.emplace(dial, *referral.subscription);
}

void Referrals::conclude(const Accepted& referral, int status, TimePoint now) {
    if (referral.subscription) say(*referral.subscription, status, now);
}

void Referrals::say(DialId dial, int status, TimePoint now) {
    if (const auto found = by_dial_.find(dial); found != by_dial_.end()) say(found->second, status, now);
}

void Referrals::say(sip::SubscriptionId subscription, int status, TimePoint now) {
    referrals_.at(subscription).status = status;
    if (status < 200) return notifier_.changed(subscription, now);
    notifier_.terminate(subscription, sip::SubscriptionEnd::noresource, now);
}

void Referrals::notify(const sip::NotifyDue& due, TimePoint now) {
    notifier_.notify(due.subscription, sip::to_sipfrag(referrals_.at(due.subscription).status), now);
}

void Referrals::forget(sip::SubscriptionId subscription) {
    const auto found = referrals_.find(subscription);
    if (found == referrals_.end()) return;
    if (found->second.dial) by_dial_.erase(*found->second.dial);
    referrals_.erase(found);
}

}  // namespace rotunda::rooms
