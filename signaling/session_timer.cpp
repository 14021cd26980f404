#include "signaling/session_timer.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

using std::chrono::seconds;
using Refresher = SessionExpires::Refresher;

// §4: nobody may ask for less, and nothing makes us refresh more often.
constexpr seconds least_interval{90};

}  // namespace

std::optional<SessionExpires> SessionExpires::parse(std::string_view text) {
    const auto value = ValueWithParams::parse(text);
    if (!value) return std::nullopt;
    const auto delta = parse_delta_seconds(value->value);
    if (!delta) return std::nullopt;
    SessionExpires expires{seconds(*delta)};
    if (const auto who = value->params.get("refresher")) {
        if (iequals(*who, "uac")) expires.refresher = Refresher::uac;
        if (iequals(*who, "uas")) expires.refresher = Refresher::uas;
    }
    return expires;
}

std::optional<SessionExpires> SessionExpires::in(const SipMessage& message) {
    const auto value = message.header(HeaderId::session_expires);
    return value ? parse(*value) : std::nullopt;
}

std::string SessionExpires::to_string() const {
    std::string text = std::to_string(interval.count());
    if (refresher == Refresher::uac) text += ";refresher=uac";
    if (refresher == Refresher::uas) text += ";refresher=uas";
    return text;
}

seconds min_se_in(const SipMessage& message) {
    const auto value = message.header(HeaderId::min_se);
    const auto delta = value ? parse_delta_seconds(split_once(*value, ';').head) : std::nullopt;
    return std::max(least_interval, seconds(delta.value_or(0)));
}

// --- we answer

void SessionTimer::answer(const SipMessage& request, SipMessage& success, TimePoint now) {
    const auto asked = SessionExpires::in(request);
    const bool supported = request.lists(HeaderId::supported, "timer");
    const bool off = settings_.session_expires == seconds(0);
    // §9: the interval is never raised, and one below the floor, that of a proxy where the caller could not
    // be told so by 422, is not agreed to. Without any wish of the peer's side there is no timer.
    if (off || (!asked && !supported) || (asked && asked->interval < least_interval)) return stop();
    peer_min_se_ = min_se_in(request);
    const seconds floor = std::max(peer_min_se_, settings_.min_se);
    seconds interval = std::max(settings_.session_expires, floor);
    if (asked) interval = std::min(interval, asked->interval);

    // Table 2. Where it leaves the choice, who refreshes now goes on; at first we do: a peer that forgets his
    // duty loses no call.
    bool we = !running() || we_refresh_;
    if (!supported || (asked && asked->refresher == Refresher::uas)) we = true;
    if (supported && asked && asked->refresher == Refresher::uac) we = false;
    success.set(HeaderId::session_expires,
                SessionExpires{interval, we ? Refresher::uas : Refresher::uac}.to_string());
    // §9: the caller must know that it is his turn, and should know that a refresh he waits for in vain ends
    // the call.
    if (supported) success.set(HeaderId::require, "timer");
    start(interval, we, now);
}

// --- we ask

void SessionTimer::ask(SipMessage& request) const {
    if (settings_.session_expires == seconds(0)) return;
    SessionExpires wish{interval_ > seconds(0) ? interval_ : settings_.session_expires};
    const seconds floor = std::max(peer_min_se_, settings_.min_se);
    wish.interval = std::max(wish.interval, floor);
    // §7.4: who refreshes stays who he is; at first the peer may choose.
    if (running()) wish.refresher = we_refresh_ ? Refresher::uac : Refresher::uas;
    request.set(HeaderId::session_expires, wish.to_string());
    if (floor > least_interval) request.set(HeaderId::min_se, std::to_string(floor.count()));
}

void SessionTimer::on_success(const SipMessage& success, TimePoint now) {
    const auto granted = SessionExpires::in(success);
    // §7.2: no Session-Expires, no expiry.
    if (!granted || settings_.session_expires == seconds(0)) return stop();
    start(std::max(granted->interval, least_interval), granted->refresher != Refresher::uas, now);
}

bool SessionTimer::on_too_small(const SipMessage& response) {
    const seconds least = min_se_in(response);
    if (least <= std::max(peer_min_se_, settings_.min_se)) return false;
    peer_min_se_ = least;
    return true;
}

// --- the clock

void SessionTimer::start(seconds interval, bool we_refresh, TimePoint now) {
    interval_ = interval;
    we_refresh_ = we_refresh;
    // §10: the refresh at half the interval, the BYE a little before its end.
    refresh_at_.reset();
    if (we_refresh) refresh_at_ = now + interval / 2;
    expires_at_ = now + interval - std::min<Duration>(seconds(32), Duration(interval) / 3);
}

bool SessionTimer::refresh_due(TimePoint now) {
    if (!refresh_at_ || now < *refresh_at_) return false;
    refresh_at_.reset();
    return true;
}

void SessionTimer::postpone(TimePoint now, Duration wait) {
    if (we_refresh()) refresh_at_ = now + wait;
}

std::optional<TimePoint> SessionTimer::next_timeout() const {
    if (!refresh_at_ || !expires_at_) return expires_at_;
    return std::min(*refresh_at_, *expires_at_);
}

void SessionTimer::stop() {
    refresh_at_.reset();
    expires_at_.reset();
}

}  // namespace rotunda::sip
