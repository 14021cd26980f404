// application/conference-info+xml (RFC 4575 §5), written. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rooms/conference_roster.hpp"

namespace rotunda::rooms {

inline constexpr std::string_view conference_info_type = "application/conference-info+xml";
// Namespace of <talking>, our extension: true while the endpoint's voice is heard.
inline constexpr std::string_view talking_namespace = "urn:rotunda:conference:talking";

// What is said of the room itself.
struct RoomDescription {
    std::string uri;  // as the watcher knows it
    std::string name;
    std::size_t max_users = 0;
};

// How far one watcher has read. Of one subscription (RFC 4575 §5.1).
struct RosterReader {
    ConferenceRoster::Revision read = 0;
    std::uint32_t version = 0;  // of the last document
};

struct ConferenceDocument {
    std::string text;
    bool complete = true;  // else the next one goes on where this one stopped
};

// What a document holds however long it gets.
enum class Least : std::uint8_t { nobody, one_user };

// The next document for a reader: everything from the beginning if `full` is asked or he has missed what is
// forgotten, else what he has not read. It ends before the user who would make it longer than about
// `most_bytes`; the rest of a full one is left to partial ones, which add to it.
ConferenceDocument write_conference_info(const RoomDescription& room, const ConferenceRoster& roster,
                                         RosterReader& reader, bool full, std::size_t most_bytes,
                                         Least least = Least::one_user);
// The last one: the room is no more.
std::string write_conference_end(const RoomDescription& room, RosterReader& reader);

// <user> with all his endpoints, or the notice that he is gone where there are none.
std::string user_element(std::string_view entity, const std::vector<const RosterEntry*>& endpoints);

}  // namespace rotunda::rooms
