#include "rooms/info_digits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rotunda::rooms {
namespace {

// Of one call; beyond that nobody is dialling any more.
constexpr std::size_t most_waiting = 256;
constexpr int key_lasts_ms = 160;

}  // namespace

void InfoDigits::press(sip::SessionId session, const std::string& digits, TimePoint now) {
    Pressing& pressing = pressing_[session];
    pressing.left += digits.substr(0, most_waiting - std::min(most_waiting, pressing.left.size()));
    if (!pressing.under_way) press_next(session, now);
}

void InfoDigits::press_next(sip::SessionId session, TimePoint now) {
    Pressing& pressing = pressing_.at(session);
    sip::OutgoingRequest info;
    info.method = sip::Method::info;
    info.content_type = "application/dtmf-relay";
    info.body = fmt::format("Signal={}\r\nDuration={}\r\n", pressing.left.front(), key_lasts_ms);
    pressing.left.erase(0, 1);
    pressing.under_way = agent_.request(session, std::move(info), now);
    if (!pressing.under_way) pressing_.erase(session);
}

// Whoever refuses one key is not asked to take the others.
bool InfoDigits::on_answer(const sip::RequestAnswered& answer, TimePoint now) {
    const auto at = std::find_if(pressing_.begin(), pressing_.end(),
                                 [&](const auto& entry) { return entry.second.under_way == answer.request; });
    if (at == pressing_.end()) return false;
    const sip::SessionId session = at->first;
    if (answer.status() >= 300 || at->second.left.empty())
        pressing_.erase(at);
    else
        press_next(session, now);
    return true;
}

}  // namespace rotunda::rooms
