#include "rooms/outbound_registration.hpp"

#include <algorithm>
#include <utility>

namespace rotunda::rooms {
namespace {

using std::chrono::seconds;

// Time for a refresh to fail and be tried again before the binding is over.
constexpr seconds refresh_ahead{60};
// Nobody can ask for more, so that a 423 does not make us promise a year.
constexpr seconds most{86'400};

}  // namespace

OutboundRegistration::OutboundRegistration(Settings settings, RandomSource& random, TimePoint now)
    : settings_(settings), random_(random), expires_(settings.expires.value_or(seconds(0))) {
    if (settings_.expires || settings_.options_first) due_ = now;
}

std::optional<OutboundRegistration::Request> OutboundRegistration::take_due(TimePoint now) {
    if (!due_ || *due_ > now || under_way_) return std::nullopt;
    due_.reset();
    if (stopping_)
        under_way_ = Request::unregister;
    else if (settings_.options_first && !pinged_)
        under_way_ = Request::options;
    else
        under_way_ = Request::register_;
    return under_way_;
}

void OutboundRegistration::answered(const Answer& answer, TimePoint now) {
    if (!under_way_) return;
    const Request request = *std::exchange(under_way_, std::nullopt);
    last_status_ = answer.status;
    if (request == Request::unregister) {
        bound_until_ = {};
        return;
    }
    if (stopping_) {
        // What was under way may have bound us all the same.
        if (request == Request::register_) due_ = now;
        return;
    }
    // RFC 3261 §11: whatever it answers, somebody is there.
    const bool good = request == Request::options ? answer.status != 408 && answer.status != 503
                                                  : answer.status >= 200 && answer.status < 300;
    if (request == Request::options) alive_ = pinged_ = good;
    if (!good) return fail(answer, now);
    failures_ = 0;
    if (request == Request::register_) return succeed(answer, now);
    due_ = settings_.expires ? now : now + settings_.ping_interval;
    if (!settings_.expires) pinged_ = false;
}

void OutboundRegistration::succeed(const Answer& answer, TimePoint now) {
    pinged_ = false;
    if (!registered(now)) bound_since_ = now;
    lost_ = false;
    const seconds granted = std::clamp(answer.granted.value_or(expires_), seconds(1), most);
    bound_until_ = now + granted;
    due_ = bound_until_ - std::min<Duration>(granted / 2, refresh_ahead);
}

void OutboundRegistration::fail(const Answer& answer, TimePoint now) {
    pinged_ = false;
    if (answer.at_once) {
        due_ = now;
        return;
    }
    if (answer.status == 423 && answer.min_expires && *answer.min_expires > expires_ &&
        *answer.min_expires <= most) {  // §10.2.8
        expires_ = *answer.min_expires;
        due_ = now;
        return;
    }
    const Duration wait = back_off(failures_++);
    const Duration asked = std::min<Duration>(answer.retry_after.value_or(seconds(0)), most);
    due_ = now + std::max(wait, asked);
}

// RFC 5626 §4.5: half of the ceiling to all of it.
Duration OutboundRegistration::back_off(std::uint32_t failures) {
    const Duration ceiling =
        std::min<Duration>(settings_.max_wait, settings_.base_wait * (1LL << std::min(failures, 16U)));
    const auto share = static_cast<double>(ceiling.count()) * (0.5 + random_.unit() / 2);
    return Duration(static_cast<Duration::rep>(share));
}

// What is under way says how it goes on, whichever connection it takes.
void OutboundRegistration::flow_lost(TimePoint now) {
    if (!registered(now)) return;
    lost_ = true;
    last_status_ = 503;  // RFC 3261 §8.1.3.1
    pinged_ = false;
    losses_ = now - bound_since_ >= settings_.steady ? 0 : losses_ + 1;
    if (stopping_ || under_way_) return;
    due_ = losses_ < 2 ? now : now + back_off(losses_ - 2);
}

void OutboundRegistration::stop(TimePoint now) {
    stopping_ = true;
    due_.reset();
    if (bound_until_ > now && !under_way_) due_ = now;
}

std::optional<TimePoint> OutboundRegistration::next_timeout() const {
    return under_way_ ? std::nullopt : due_;
}

}  // namespace rotunda::rooms
