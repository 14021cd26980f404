// The half of the focus that looks after video: what the video workers tell, keyframes asked for by INFO, and
// video offered by us.
#include <type_traits>

#include "rooms/focus.hpp"
#include "rooms/participant_name.hpp"

namespace rotunda::rooms {

void Focus::handle(media::VideoEvent event, TimePoint now) {
    std::visit(
        [&](auto& e) {
            if constexpr (std::is_same_v<std::decay_t<decltype(e)>, media::VideoLoadChanged>)
                on(e);
            else if (const auto it = participants_.find(e.participant); it != participants_.end())
                on(it->second, e, now);
        },
        event);
}

void Focus::on(Participant& who, const media::VideoStarted& event, TimePoint) {
    log_.video_started(who, event);
}

// RTCP feedback was not agreed with him, so he is asked for a keyframe by INFO.
void Focus::on(Participant&, const media::KeyframeNeeded& event, TimePoint now) {
    request_picture(event.participant, now);
}

void Focus::on(Participant& who, const media::HoldVoice& event, TimePoint) {
    video_.hold_voice(who, event.hold);
}

void Focus::on(Participant& who, const media::VideoHandshakeDone& event, TimePoint) {
    log_.video_handshake_done(who, event);
}

void Focus::on(Participant& who, media::SharedPath& event, TimePoint now) {
    if (who.ended || event.room != who.room) return;
    const bool had_video = who.video.joined;
    video_.set_path(who, std::move(event));
    note_video(who, had_video, now);
}

void Focus::on(Participant& who, const media::VideoEnded& event, TimePoint now) {
    log_.video_ended(who, event.quality);
    const bool had_video = who.video.joined;
    video_.ended(who, event);
    note_video(who, had_video, now);
    forget_if_over(event.participant);
}

void Focus::on(const media::VideoLoadChanged& event) {
    if (const Room* room = rooms_.find(event.room)) log_.video_load(room->name, event);
}

void Focus::on(const sip::PictureRequested& event, TimePoint) {
    if (const Participant* who = find(event.session)) video_.request_keyframe(*who);
}

void Focus::show_in_video(const Participant& who) {
    const auto peer = agent_.peer(who.session);
    video_.show(who, peer ? name_to_show(who, *peer) : std::string());
}

// After a worker's word: his video may have begun or ended by it.
void Focus::note_video(Participant& who, bool had_video, TimePoint now) {
    if (had_video == who.video.joined) return;
    watchers_.changed(who);
    consider_offers(who, had_video, now);
}

// His own video may be offered now; the others' too, once there is a picture of his to be seen.
void Focus::consider_offers(Participant& who, bool had_video, TimePoint now) {
    video_.consider_offer(who, now);
    if (had_video || !who.video.joined || !video_.offers_in(who.room_name)) return;
    for (auto& [id, other] : participants_)
        if (other.room == who.room) video_.consider_offer(other, now);
}

// By re-INVITE, since UPDATE leaves nobody time to be asked whether he wants it (RFC 3311 §5.1).
void Focus::offer_video(TimePoint now) {
    while (const auto due = video_.next_offer(now)) {
        Participant* const who = find(*due);
        if (who && video_.open_for_offer(*who)) refresh(who->session, now);
    }
}

bool Focus::allow_video(media::RoomId room, media::ParticipantId id, bool allowed, TimePoint now) {
    if (!find_participant(room, id)) return false;
    Participant& who = participants_.at(id);
    // An offer under way may bring the video or end it: what comes of it is not known yet.
    const bool busy = allowed && !who.local.video && who.media.offer_pending();
    if (!who.joined || who.unproven || who.between_rooms || busy) return false;
    log_.video_allowed(who, allowed);
    if (allowed ? video_.demand(who) : video_.close(who)) refresh(who.session, now);
    return true;
}

// Forgets a participant once his call is over and both workers have said their last word of him.
void Focus::forget_if_over(media::ParticipantId who) {
    const auto it = participants_.find(who);
    if (it == participants_.end()) return;
    const Participant& participant = it->second;
    if (participant.ended && participant.sound_ended && participant.video.ending == 0)
        participants_.erase(it);
}

void Focus::request_picture(media::ParticipantId who, TimePoint now) {
    const auto found = participants_.find(who);
    if (found != participants_.end() && !found->second.ended) pictures_.ask(found->second.session, now);
}

}  // namespace rotunda::rooms
