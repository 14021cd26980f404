// Somebody goes to another room with his call as it stands: the worker he leaves hands his leg over, the
// focus takes it to the worker of the new room.
#include <utility>

#include "rooms/focus.hpp"

namespace rotunda::rooms {
namespace {

MoveRefusal moved_in_vain(RoomRefusal refusal) {
    if (refusal == RoomRefusal::locked) return MoveRefusal::locked;
    return refusal == RoomRefusal::unknown ? MoveRefusal::no_such_room : MoveRefusal::full;
}

}  // namespace

std::optional<MoveRefusal> Focus::refusal_to_move(media::RoomId from, media::ParticipantId id,
                                                  const std::string& to) const {
    const Participant* who = find_participant(from, id);
    if (!who) return MoveRefusal::not_here;
    if (who->room_name == to) return MoveRefusal::already_there;
    // A takeover under way, on either side of it, ends before anybody moves.
    if (!who->joined || who->between_rooms || who->replaces || who->being_replaced || who->moving)
        return MoveRefusal::busy;
    const bool encrypted = who->leg.srtp || who->leg.dtls;
    if (rooms_.encryption(to) == sdp::MediaEncryption::required && !encrypted)
        return MoveRefusal::not_encrypted;
    return std::nullopt;
}

Result<const Room*, MoveRefusal> Focus::move(media::RoomId from, media::ParticipantId id,
                                             const std::string& to, TimePoint now) {
    if (const auto refused = refusal_to_move(from, id, to)) return fail(*refused);
    const auto place = enter(to);
    if (!place) return fail(moved_in_vain(place.error()));
    Participant& who = participants_.at(id);
    const DialPlace old{who.room, who.room_name, who.worker};
    watchers_.left(who);
    chat_.left(who);
    const bool filmed = who.video.joined;
    const bool shares_port = who.media.video() && who.media.video()->bundled;
    video_.left(who);
    command(who, media::ReleaseLeg{who.room, who.id});
    go_to(who, *place, now);
    log_.moved_from(who, old.room_name);
    give_back(old);
    // A picture on the sound's port moves with the sound: his phone is told nothing.
    if (shares_port)
        video_.apply(who);
    else if (filmed && video_.renew(who))
        refresh(who.session, now);
    return rooms_.find(place->room);
}

void Focus::go_to(Participant& who, const DialPlace& place, TimePoint) {
    who.room = place.room;
    who.room_name = place.room_name;
    who.worker = place.worker;
    who.between_rooms = true;
    // RFC 4579 §5.1: where he is; his phone learns of it with the next request or response.
    agent_.set_contact(who.session, contact_of(who));
    chat_.joined(who);
    show_in_video(who);
    watchers_.changed(who);
}

// While the leg was being released he may have hung up, or agreed on something else.
void Focus::on(Participant& who, media::LegReleased& event, TimePoint now) {
    who.between_rooms = false;
    if (who.ended) return on(who, media::LegEnded{event.room, event.participant, event.quality}, now);
    command(who, media::AdoptLeg{who.room, who.id, std::move(event.session), who.control});
    command(who, media::UpdateLeg{who.room, who.id, who.leg});
    video_.arrived(who);
    video_.consider_offer(who, now);
}

}  // namespace rotunda::rooms
