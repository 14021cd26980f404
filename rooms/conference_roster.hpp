// Who is in one room, as those who watch it are told (RFC 4575 §5): users, each with the calls he is in by.
// A pure value on the signaling thread.
//
// Each change of a user gets the next revision, and replaces what was said of him before. A watcher keeps the
// revision up to which he has read, and reads on in that order: whatever happened meanwhile, what he reads is
// bounded by how many users there are, and he may stop and go on anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "media/room_command.hpp"
#include "sdp/attributes.hpp"

namespace rotunda::rooms {

// RFC 4575 §5.7.2, §5.7.3.
enum class EndpointStatus : std::uint8_t { connected, on_hold, muted };
enum class JoiningMethod : std::uint8_t { dialed_in, dialed_out };

struct RosterMedia {
    std::string_view type;  // "audio", "video"
    // As the participant sees it: sendonly is he who is not sent anything.
    sdp::Direction direction = sdp::Direction::sendrecv;
    friend bool operator==(const RosterMedia&, const RosterMedia&) = default;
};

// One call.
struct RosterEntry {
    std::string user;          // URI of the person; who calls twice with it is one user with two endpoints
    std::string display_name;  // may be empty
    std::string endpoint;      // URI of the device
    EndpointStatus status = EndpointStatus::connected;
    JoiningMethod joined = JoiningMethod::dialed_in;
    std::vector<RosterMedia> media;
    std::optional<bool> talking;  // none: not told
    friend bool operator==(const RosterEntry&, const RosterEntry&) = default;
};

class ConferenceRoster {
  public:
    using Revision = std::uint64_t;

    // True where that is news.
    bool put(media::ParticipantId who, RosterEntry entry);
    bool remove(media::ParticipantId who);

    std::size_t users() const { return users_.size() - gone_; }
    std::size_t endpoints() const { return places_.size(); }

    // What was said last of a user, or that he is gone.
    struct Change {
        Revision revision = 0;
        std::string_view xml;  // his <user> element
        bool gone = false;
    };
    // The first one after that revision; nullopt where there is none.
    std::optional<Change> next(Revision after) const;
    // Who has not read this far has missed that somebody is gone, and begins anew.
    Revision forgotten() const { return forgotten_; }

  private:
    struct Endpoint {
        media::ParticipantId id;
        RosterEntry entry;
    };
    struct User {
        std::vector<Endpoint> endpoints;  // none: gone
        Revision revision = 0;
        std::string xml;
    };

    std::string place_for(media::ParticipantId who, const RosterEntry& entry) const;
    void changed(const std::string& entity, User& user);
    void forget_some();

    std::map<std::string, User, std::less<>> users_;
    std::map<Revision, std::string> order_;                         // the last change of each user
    std::unordered_map<media::ParticipantId, std::string> places_;  // whose endpoint is under which user
    std::size_t gone_ = 0;
    Revision last_ = 0;
    Revision forgotten_ = 0;
};

}  // namespace rotunda::rooms
