// The half of the focus that operators steer: who is in a room, what he hears, and the room itself.
#include <utility>
#include <vector>

#include "rooms/focus.hpp"

namespace rotunda::rooms {

void Focus::each_participant(media::RoomId room, const std::function<void(const Participant&)>& visit) const {
    for (const auto& [session, id] : by_session_)
        if (const Participant& who = participants_.at(id); who.room == room) visit(who);
}

const Participant* Focus::find_participant(media::RoomId room, media::ParticipantId who) const {
    const auto it = participants_.find(who);
    const bool is_there = it != participants_.end() && it->second.room == room && !it->second.ended;
    return is_there ? &it->second : nullptr;
}

bool Focus::remove(media::RoomId room, media::ParticipantId id, std::string_view reason, TimePoint now) {
    const Participant* who = find_participant(room, id);
    if (!who) return false;
    agent_.bye(who->session, reason, now);
    return true;
}

bool Focus::capture(media::RoomId room, media::ParticipantId id, Duration length, std::size_t octets) {
    const Participant* who = find_participant(room, id);
    if (!who || !who->joined || who->between_rooms) return false;
    command(*who, media::CapturePackets{room, id, length, octets});
    video_.capture(*who, length, octets);
    log_.captured(*who, length);
    return true;
}

void Focus::on(Participant& who, media::PacketsCaptured& event, TimePoint) {
    if (on_captured_) on_captured_(who, std::move(event));
}

void Focus::measure_levels(media::RoomId id) {
    if (const Room* room = rooms_.find(id)) command(*room, media::MeasureLevels{id});
}

void Focus::take_levels(const media::LevelsMeasured& event, TimePoint now) {
    for (const auto& measured : event.levels) {
        Participant* who = find(measured.participant);
        if (!who) continue;
        who->level_dbov = measured.dbov;
        who->level_at = now;
        who->talking = measured.talking;
    }
}

bool Focus::control(media::RoomId room, media::ParticipantId id, const media::LegControl& control) {
    if (!find_participant(room, id)) return false;
    Participant& who = participants_.at(id);
    if (who.control == control) return true;
    const media::LegControl before = std::exchange(who.control, control);
    log_.controlled(who, before);
    if (!who.joined) return true;  // it goes with his JoinRoom
    command(who, media::ControlLeg{who.room, who.id, who.control});
    show_in_video(who);
    watchers_.changed(who);
    return true;
}

void Focus::set_layout(const Participant& who, mixer::LayoutKind layout) {
    video_.set_own_layout(who, layout);
    log_.layout_changed(who, layout);
}

bool Focus::suppresses_noise(const Participant& who) const {
    const Room* room = rooms_.find(who.room);
    return who.control.noise_suppression.value_or(room && room->media.noise_suppression);
}

bool Focus::send_digits(media::RoomId room, media::ParticipantId id, const std::string& digits,
                        TimePoint now) {
    const Participant* who = find_participant(room, id);
    if (!who || !who->joined || !who->leg.sends || who->between_rooms) return false;
    if (who->leg.send_event_type)
        command(*who, media::SendDigits{room, id, digits});
    else
        info_digits_.press(who->session, digits, now);
    log_.pressed(*who, digits.size());
    return true;
}

Result<const Room*, RoomRefusal> Focus::open_room(const std::string& name, const RoomChange& change) {
    auto entry = rooms_.hold(name);
    if (!entry) return fail(entry.error());
    rooms_.change(entry->room.id, change);
    tell_opened(entry->room);
    return &entry->room;
}

void Focus::change_room(media::RoomId id, const RoomChange& change) {
    rooms_.change(id, change);
    const Room* room = rooms_.find(id);
    if (!room) return;
    const media::RoomSettings& sound = room->media;
    if (change.sound.automatic_gain || change.sound.noise_suppression)
        command(*room, media::TreatVoices{id, sound.automatic_gain, sound.noise_suppression});
    log_.room_changed(*room, has_video() ? std::optional(video_.shown(id)) : std::nullopt);
}

void Focus::end_room(media::RoomId id, std::string_view reason, TimePoint now) {
    const Room* room = rooms_.find(id);
    if (!room) return;
    const DialPlace place{id, room->name, room->shards.front().worker};
    std::vector<sip::SessionId> sessions;
    each_participant(id, [&](const Participant& who) { sessions.push_back(who.session); });
    for (sip::SessionId session : sessions) agent_.bye(session, reason, now);
    dialer_.cancel_all(now, id);
    if (const auto workers = rooms_.release(id); !workers.empty()) close(place, workers);
}

void Focus::announce_end() {
    rooms_.each([this](const Room& room) {
        if (room.participants > 0) command(room, media::PlayChime{room.id, media::ChimeKind::closing});
    });
}

std::size_t Focus::announce(media::RoomId room, const std::string& text, TimePoint now) {
    return chat_.announce(room, text, now);
}

}  // namespace rotunda::rooms
