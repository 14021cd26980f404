// A room that outgrows its media workers is put on one more before the next caller needs it.
#include "rooms/focus.hpp"

namespace rotunda::rooms {

// Its first worker is asked first; the others follow once it has agreed.
void Focus::grow(const Room& room) {
    if (!rooms_.outgrows(room)) return;
    if (room.board) return open_shard(room.id);
    rooms_.split(room.id);
    command(room, media::SplitRoom{room.id, room.board});
}

void Focus::open_shard(media::RoomId id) {
    const Room* const room = rooms_.find(id);
    if (!room) return;
    rooms_.spread(id);
    const std::size_t worker = room->shards.back().worker;
    commands_.push_back({worker, media::OpenRoom{id, room->media, {room->board, room->shards.size() - 1}}});
    if (video_.watches_speaker(id)) commands_.push_back({worker, media::WatchSpeaker{id, true}});
    log_.room_spread(room->name, room->shards.size());
}

}  // namespace rotunda::rooms
