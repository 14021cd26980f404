// The rooms that exist and the rules by which a dialled user part becomes one. Signaling thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "accounts/authority.hpp"
#include "base/result.hpp"
#include "media/room_command.hpp"
#include "media/shard_board.hpp"
#include "media/video_command.hpp"
#include "rooms/video_offer.hpp"
#include "sdp/offer_answer.hpp"

namespace rotunda::rooms {

// What a room has in place of what holds everywhere.
struct RoomVideo {
    std::optional<mixer::LayoutKind> layout{};
    std::optional<media::VideoViewMode> view{};
    std::optional<VideoOffer> offer{};
};

struct RoomSound {
    std::optional<bool> automatic_gain{};
    std::optional<bool> noise_suppression{};
};

// A room the operator named. It opens with its first caller like any other.
struct ConfiguredRoom {
    std::string name;                  // the user part to dial, compared exactly after unescaping
    std::size_t max_participants = 0;  // 0: the server-wide default
    accounts::RoomAuthority authority{};
    std::optional<sdp::MediaEncryption> encryption{};  // none: as everywhere
    RoomVideo video{};
    RoomSound sound{};
};

struct RoomPolicy {
    std::vector<ConfiguredRoom> configured;
    // Says whether a user part that nothing else claims opens a room; empty: never. Must be linear in its
    // input.
    std::function<bool(std::string_view)> on_demand;
    // The user part that opens a new room for each who dials it (RFC 4579 §5.1); empty: none.
    std::string factory;
    std::size_t max_rooms = 10'000;
    std::size_t max_participants = 1'000;  // per room, where the room does not say otherwise
    // So many of a room are on one media worker before it is spread over one more; 0: all of them.
    std::size_t shard_size = 1'000;
    media::RoomSettings media;
};

// One open room, as the signaling thread sees it; its media lives on one worker for life, and where it
// outgrows that on others beside it.
struct Room {
    struct Shard {
        std::size_t worker = 0;
        std::size_t participants = 0;
    };

    media::RoomId id;
    std::string name;
    std::vector<Shard> shards;                 // at least one
    std::shared_ptr<media::ShardBoard> board;  // where they meet, from when a second one was wanted
    std::size_t participants = 0;
    std::size_t max_participants = 0;
    bool locked = false;                     // nobody further is let in
    bool held = false;                       // stays open without anybody in it
    accounts::RoomAuthority authority{};     // of a room nobody configured: who opened it
    std::optional<std::size_t> own_limit{};  // in place of the configured one
    media::RoomSettings media{};             // as it opened, and as an operator changed it
};

// What an operator sets of a room that is open; none: as it was.
struct RoomChange {
    std::optional<std::size_t> max_participants{};
    std::optional<bool> locked{};
    RoomSound sound{};
};

enum class RoomRefusal { unknown, full, locked, too_many_rooms };

class RoomRegistry {
  public:
    // `workers`: how many media workers rooms are spread over, at least 1.
    RoomRegistry(RoomPolicy policy, std::size_t workers);

    // From now on. Rooms that are open stay, with the limits they would now open with.
    void set_policy(RoomPolicy policy);

    // What a call to this user part would meet, without opening anything: nullopt means it is welcome.
    std::optional<RoomRefusal> would_refuse(std::string_view user) const;

    // Open or configured, so that its name is nobody else's.
    bool is_fixed(std::string_view user) const { return by_name_.contains(user) || configured(user); }

    struct Entry {
        Room& room;
        std::size_t worker;
        bool opened;  // this call opened it: the worker has yet to be told
    };
    // Takes a place in the room, on the first of its workers that has one, opening it on the least loaded if
    // need be. The reference holds until leave() closes it.
    Result<Entry, RoomRefusal> enter(std::string_view user);
    bool is_factory(std::string_view user) const { return !user.empty() && user == policy_.factory; }
    // The same for a new room with this name, whatever the policy says of it.
    Result<Entry, RoomRefusal> enter_new(std::string name);
    // A room that stays open until release(), with nobody in it yet.
    Result<Entry, RoomRefusal> hold(std::string name);
    // The workers of a room that is thereby closed and gone; none: it stays, or never was.
    using Closed = std::vector<std::size_t>;
    // It no longer stays open for its own sake.
    Closed release(media::RoomId id);
    void change(media::RoomId id, const RoomChange& change);
    // One more place in a room that is open, for who takes over somebody's beside whom he is; its limit does
    // not count.
    void share(media::RoomId id, std::size_t worker);
    // Gives a place back.
    Closed leave(media::RoomId id, std::size_t worker);

    // The next one would be one too many for the room's workers, and there is another one for it.
    bool outgrows(const Room& room) const;
    // Gives it a board, so that it can be put on further workers.
    void split(media::RoomId id);
    // Puts it on one worker more, the least loaded.
    void spread(media::RoomId id);

    // What the room demands; none: nothing of its own.
    std::optional<sdp::MediaEncryption> encryption(std::string_view name) const;
    RoomVideo video(std::string_view name) const;
    // Who rules the room, as configured or, while it is open, by having opened it; null: nobody does.
    const accounts::RoomAuthority* authority(std::string_view name) const;
    const Room* find(media::RoomId id) const;
    const Room* find(std::string_view name) const;
    void each(const std::function<void(const Room&)>& visit) const;
    std::size_t open_rooms() const { return by_name_.size(); }

  private:
    const ConfiguredRoom* configured(std::string_view user) const;
    std::size_t limit_of(std::string_view name) const;
    media::RoomSettings media_of(std::string_view name) const;
    Closed close_if_empty(Room& room);
    Room& open(std::string name);
    Entry take_place(Room& room, bool opened);
    Room::Shard& shard_with_place(Room& room) const;
    void count(Room& room, std::size_t worker);
    // Which the room is not on.
    std::size_t least_loaded_worker(const Room& room) const;

    RoomPolicy policy_;
    std::vector<std::size_t> load_;  // participants per worker
    std::map<std::string, std::unique_ptr<Room>, std::less<>> by_name_;
    std::unordered_map<media::RoomId, Room*> by_id_;
    IdSource<media::RoomId> ids_;
};

}  // namespace rotunda::rooms
