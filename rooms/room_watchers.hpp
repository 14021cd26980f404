// Who watches which room (RFC 4575): between the focus, which says who comes, goes and holds, and the
// notifier, which says when somebody is to be told. Signaling thread.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "rooms/conference_info.hpp"
#include "rooms/conference_roster.hpp"
#include "rooms/participant.hpp"
#include "rooms/room_registry.hpp"
#include "signaling/notifier.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

// The package as RFC 4575 §3 fixes it. `interval`: least time between two NOTIFYs to one watcher.
sip::EventPackage conference_package(Duration interval);

class RoomWatchers {
  public:
    // Both outlive it.
    RoomWatchers(sip::UserAgent& agent, sip::Notifier& notifier) : agent_(agent), notifier_(notifier) {}

    // --- from the focus
    // He joined, or his media is not as it was.
    void changed(const Participant& who);
    void left(const Participant& who);
    void closed(media::RoomId room);
    // A SUBSCRIBE for an open room, which makes a new subscription or is refused by the notifier. `contact`:
    // ours, outside a call.
    void subscribe(const sip::RequestReceived& request, std::optional<sip::SessionId> session,
                   const Room& room, const sip::LocalContact& contact, TimePoint now);
    // Lets the notifier know what changed since the last call, and which rooms closed.
    void tell(TimePoint now);

    // --- from the notifier
    bool owns(sip::SubscriptionId subscription) const { return watchers_.contains(subscription); }
    void notify(const sip::NotifyDue& due, TimePoint now);
    void forget(sip::SubscriptionId subscription);

    std::size_t watchers() const { return watchers_.size(); }

  private:
    struct Watched {
        ConferenceRoster roster;
        std::set<sip::SubscriptionId> watchers;
    };
    struct Watcher {
        media::RoomId room;
        RoomDescription description;
        RosterReader reader;
    };

    sip::UserAgent& agent_;
    sip::Notifier& notifier_;
    std::unordered_map<media::RoomId, Watched> rooms_;  // open ones
    std::unordered_map<sip::SubscriptionId, Watcher> watchers_;
    std::set<media::RoomId> news_;
    std::vector<sip::SubscriptionId> bereft_;  // watchers of rooms that closed
};

}  // namespace rotunda::rooms
