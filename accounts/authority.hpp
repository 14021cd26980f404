// What an identity may do to others, and the name that is shown for a caller. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signaling/identity.hpp"
#include "signaling/message.hpp"

namespace rotunda::accounts {

// Who rules a room: names of users.
struct RoomAuthority {
    std::string owner;  // empty: none
    std::vector<std::string> moderators;
};

// Replaces and Join (RFC 3891 §5, RFC 3911 §6): the replaced or joined party himself, or a trusted trunk. Two
// who are anonymous are not the same party. Else 403.
bool may_take_over(const sip::Identity& who, const sip::Identity& replaced);

// To remove somebody from a room (REFER with method=BYE): its owner or a moderator. Else 403.
bool may_moderate(const sip::Identity& who, const RoomAuthority& room);

// The first P-Asserted-Identity, where a trunk vouches for it and no privacy is asked (RFC 3325 §5, §9.3):
// whom to show as the caller in place of From.
std::optional<sip::NameAddr> asserted_caller(const sip::SipMessage& request, const sip::Identity& identity);

}  // namespace rotunda::accounts
