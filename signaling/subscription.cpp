#include "signaling/subscription.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rotunda::sip {

using std::chrono::seconds;

std::string_view to_string(SubscriptionEnd end) {
    constexpr std::array<std::string_view, 6> names = {"deactivated", "rejected",   "timeout",
                                                       "giveup",      "noresource", "probation"};
    return names[static_cast<std::size_t>(end)];
}

Subscription::Subscription(const EventPackage& package, seconds expires, TimePoint now)
    : package_(&package), expires_at_(now + expires), not_before_(now) {
    if (expires == seconds(0)) end_ = SubscriptionEnd::timeout;
}

void Subscription::refresh(seconds expires, TimePoint now) {
    if (ending()) return;
    expires_at_ = now + expires;
    owe(Owed::everything);  // RFC 6665 §4.2.1.2, RFC 4575 §3.8
    if (expires == seconds(0)) end_ = SubscriptionEnd::timeout;
}

void Subscription::terminate(SubscriptionEnd reason) {
    if (!ending()) end_ = reason;
}

std::optional<Notification> Subscription::take_due(TimePoint now) {
    if (over_ || under_way_ != UnderWay::none) return std::nullopt;
    if (!end_ && now >= expires_at_) end_ = SubscriptionEnd::timeout;
    if (!end_ && (owed_ == Owed::nothing || now < not_before_)) return std::nullopt;
    const bool full = owed_ == Owed::everything;
    owed_ = Owed::nothing;
    under_way_ = end_ ? UnderWay::last : UnderWay::one_of_many;
    not_before_ = now + package_->interval;
    return Notification{full, end_.has_value(), state(now)};
}

void Subscription::answered(int status, std::optional<seconds> retry_after, TimePoint now) {
    const UnderWay answered = std::exchange(under_way_, UnderWay::none);
    if (answered == UnderWay::none) return;
    const bool refused = status >= 300;
    // RFC 6665 §4.2.2: of those who refuse a NOTIFY only he who names a time wants to hear more.
    if (answered == UnderWay::last || (refused && !retry_after)) {
        over_ = true;
    } else if (refused) {
        owe(Owed::everything);  // he missed what it said
        not_before_ = std::max(not_before_, now + *retry_after);
    }
}

std::optional<TimePoint> Subscription::next_timeout() const {
    if (over_ || under_way_ != UnderWay::none) return std::nullopt;
    if (end_) return TimePoint{};
    return owed_ == Owed::nothing ? expires_at_ : std::min(expires_at_, not_before_);
}

seconds Subscription::remaining(TimePoint now) const {
    return std::chrono::ceil<seconds>(std::max(expires_at_ - now, Duration(0)));
}

void Subscription::owe(Owed what) {
    owed_ = std::max(owed_, what);
}

std::string Subscription::state(TimePoint now) const {
    if (end_) return "terminated;reason=" + std::string(to_string(*end_));
    return "active;expires=" + std::to_string(remaining(now).count());
}

}  // namespace rotunda::sip
