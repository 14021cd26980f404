// What others are told of who somebody is: chat and roster.
#pragma once

#include <string>

#include "rooms/conference_roster.hpp"
#include "rooms/participant.hpp"
#include "signaling/user_agent_event.hpp"

namespace rotunda::rooms {

// By the word of a trunk where there is one, else by From: his display name, else the user part of his
// address, else "Guest"; at most 64 octets, whole characters.
std::string name_to_show(const Participant& who, const sip::SessionPeer& peer);

// A call as the roster has it. Who calls anonymously (RFC 3323 §4.1.1.3) is a user of his own each time.
RosterEntry make_roster_entry(const Participant& who, const sip::SessionPeer& peer);

}  // namespace rotunda::rooms
