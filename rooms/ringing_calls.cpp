#include "rooms/ringing_calls.hpp"

#include <utility>

namespace rotunda::rooms {

void RingingCalls::add(sip::IncomingInvite invite, TimePoint now, TimePoint until) {
    const sip::SessionId session = invite.session;
    calls_.insert_or_assign(session, RingingCall{std::move(invite), now});
    until_.set(session, until);
}

std::optional<RingingCall> RingingCalls::take_due(TimePoint now) {
    const auto due = until_.due(now);
    return due ? take(*due) : std::nullopt;
}

std::optional<RingingCall> RingingCalls::take(sip::SessionId session) {
    auto node = calls_.extract(session);
    if (!node) return std::nullopt;
    until_.erase(session);
    return std::move(node.mapped());
}

}  // namespace rotunda::rooms
