#include "rooms/ringing_calls.hpp"

#include <utility>

namespace rotunda::rooms {

void RingingCalls::add(sip::IncomingInvite call, TimePoint until) {
    const sip::SessionId session = call.session;
    calls_.insert_or_assign(session, std::move(call));
    until_.set(session, until);
}

std::optional<sip::IncomingInvite> RingingCalls::take_due(TimePoint now) {
    const auto due = until_.due(now);
    return due ? take(*due) : std::nullopt;
}

std::optional<sip::IncomingInvite> RingingCalls::take(sip::SessionId session) {
    auto node = calls_.extract(session);
    if (!node) return std::nullopt;
    until_.erase(session);
    return std::move(node.mapped());
}

}  // namespace rotunda::rooms
