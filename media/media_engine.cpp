#include "media/media_engine.hpp"

#include <algorithm>
#include <utility>

#include "media/media_room.hpp"

namespace rotunda::media {

namespace {

// The golden section of 20 ms: however many rooms there are, their ticks are spread evenly.
Duration phase_of(std::uint64_t n) {
    constexpr std::uint64_t grid_us = 20000, step_us = 12361;
    return std::chrono::microseconds(n * step_us % grid_us);
}

}  // namespace

MediaEngine::MediaEngine(RandomSource& random, WallOffset wall, const rtp::DtlsIdentity* dtls)
    : context_{random, wall, {}, {}, {}, {}, dtls, {}} {}

MediaEngine::~MediaEngine() = default;

MediaCounters MediaEngine::counters() const {
    MediaCounters out = context_.counters;
    out.encoders = context_.encoders.in_use();
    return out;
}

void MediaEngine::handle(RoomCommand command, TimePoint now) {
    std::visit([&](auto& c) { on(c, now); }, command);
}

// Between two ticks, as commands need it.
MediaRoom* MediaEngine::settled_room(RoomId id, TimePoint now) {
    const auto it = rooms_.find(id);
    if (it == rooms_.end()) return nullptr;
    it->second->finish_tick(now);
    return it->second.get();
}

void MediaEngine::on(OpenRoom& command, TimePoint) {
    if (rooms_.contains(command.room)) return;
    rooms_.emplace(command.room, std::make_unique<MediaRoom>(command.room, command.settings,
                                                             phase_of(opened_++), context_));
    context_.counters.rooms = rooms_.size();
}

void MediaEngine::on(CloseRoom& command, TimePoint now) {
    MediaRoom* room = settled_room(command.room, now);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    due_.erase(command.room);
    rooms_.erase(command.room);
    context_.counters.rooms = rooms_.size();
}

void MediaEngine::on(JoinRoom& command, TimePoint now) {
    MediaRoom* room = settled_room(command.room, now);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->join(command, now);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(UpdateLeg& command, TimePoint now) {
    MediaRoom* room = settled_room(command.room, now);
    if (!room) return;
    room->update(command, now);
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(ControlLeg& command, TimePoint now) {
    if (MediaRoom* room = settled_room(command.room, now)) room->control(command);
}

void MediaEngine::on(PlayChime& command, TimePoint now) {
    if (MediaRoom* room = settled_room(command.room, now)) room->play(command.kind);
}

void MediaEngine::on(LeaveRoom& command, TimePoint now) {
    MediaRoom* room = settled_room(command.room, now);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->leave(command.participant, now);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(SyncVoice& command, TimePoint now) {
    if (MediaRoom* room = settled_room(command.room, now)) room->sync(command);
}

void MediaEngine::on(WatchSpeaker& command, TimePoint now) {
    if (MediaRoom* room = settled_room(command.room, now)) room->watch_speaker(command.watch);
}

void MediaEngine::on(ReleaseLeg& command, TimePoint now) {
    MediaRoom* room = settled_room(command.room, now);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->release(command.participant);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(AdoptLeg& command, TimePoint now) {
    MediaRoom* room = settled_room(command.room, now);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->adopt(command, now);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(SendDigits& command, TimePoint now) {
    if (MediaRoom* room = settled_room(command.room, now)) room->send_digits(command);
}

void MediaEngine::on(MeasureLevels& command, TimePoint now) {
    if (MediaRoom* room = settled_room(command.room, now)) room->tell_levels();
}

void MediaEngine::on(CapturePackets& command, TimePoint now) {
    if (MediaRoom* room = settled_room(command.room, now)) room->capture(command, now);
}

std::optional<TimePoint> MediaEngine::next_timeout() const {
    const auto tick = due_.next(), handshake = context_.handshakes.next_timeout();
    return tick && handshake ? std::min(*tick, *handshake) : tick ? tick : handshake;
}

void MediaEngine::run_due(TimePoint now) {
    const auto id = due_.due(now);
    if (context_.handshakes.is_due(now, id.has_value())) return context_.handshakes.run_one(now);
    if (!id) return;
    MediaRoom& room = *rooms_.at(*id);
    room.run_slice(now);
    // The rest of a tick queues behind the other rooms that are due already.
    due_.set(*id, room.is_mid_tick() ? now : room.next_timeout());
}

std::vector<RoomEvent> MediaEngine::take_events() {
    return std::exchange(context_.events, {});
}

}  // namespace rotunda::media
