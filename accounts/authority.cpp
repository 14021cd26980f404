#include "accounts/authority.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::accounts {
namespace {

// RFC 3323 §4.2: values stand between semicolons.
bool wants_privacy(const sip::SipMessage& request) {
    std::string_view rest = request.header(sip::HeaderId::privacy).value_or(std::string_view{});
    while (!rest.empty()) {
        const Split piece = split_once(rest, ';');
        const std::string_view value = sip::trim_lws(piece.head);
        if (iequals(value, "id") || iequals(value, "user") || iequals(value, "header")) return true;
        rest = piece.tail.value_or(std::string_view{});
    }
    return false;
}

}  // namespace

bool may_take_over(const sip::Identity& who, const sip::Identity& replaced) {
    return who.is_trunk() || (who.is_user() && who == replaced);
}

bool may_moderate(const sip::Identity& who, const RoomAuthority& room) {
    if (!who.is_user() || who.name.empty()) return false;
    return who.name == room.owner ||
           std::find(room.moderators.begin(), room.moderators.end(), who.name) != room.moderators.end();
}

std::optional<sip::NameAddr> asserted_caller(const sip::SipMessage& request, const sip::Identity& identity) {
    if (!identity.is_trunk() || wants_privacy(request)) return std::nullopt;
    auto asserted = request.name_addrs(sip::HeaderId::p_asserted_identity);
    if (asserted.empty()) return std::nullopt;
    return std::move(asserted.front());
}

}  // namespace rotunda::accounts
