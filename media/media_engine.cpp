#include "media/media_engine.hpp"

#include <algorithm>
#include <utility>

#include "media/media_room.hpp"

namespace rotunda::media {

namespace {

// The golden section of 20 ms: however many rooms there are, their ticks are spread evenly.
Duration phase_of(std::uint64_t n) {
    constexpr std::uint64_t grid_ns = 20'000'000, step_ns = 12'360'679;
    return std::chrono::nanoseconds(n * step_ns % grid_ns);
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
    const RoomId id = std::visit([](const auto& c) { return c.room; }, command);
    if (is_busy(id))
        waiting_[id].push_back(std::move(command));
    else
        apply(command, now);
}

void MediaEngine::apply(RoomCommand& command, TimePoint now) {
    std::visit([&](auto& c) { on(c, now); }, command);
}

MediaRoom* MediaEngine::find(RoomId id) const {
    const auto it = rooms_.find(id);
    return it == rooms_.end() ? nullptr : it->second.get();
}

// Commands keep their order: where one waits for the end of the room's tick, later ones queue behind it.
bool MediaEngine::is_busy(RoomId id) const {
    if (waiting_.contains(id)) return true;
    const MediaRoom* room = find(id);
    return room && room->is_mid_tick();
}

void MediaEngine::on(OpenRoom& command, TimePoint) {
    if (rooms_.contains(command.room)) return;
    auto room = std::make_unique<MediaRoom>(command.room, command.settings, phase_of(opened_++), context_);
    if (command.shard.board) room->become_shard(std::move(command.shard));
    rooms_.emplace(command.room, std::move(room));
    context_.counters.rooms = rooms_.size();
}

void MediaEngine::on(SplitRoom& command, TimePoint now) {
    if (MediaRoom* room = find(command.room)) room->split(std::move(command.board), now);
}

void MediaEngine::on(CloseRoom& command, TimePoint) {
    MediaRoom* room = find(command.room);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    due_.erase(command.room);
    rooms_.erase(command.room);
    context_.counters.rooms = rooms_.size();
}

void MediaEngine::on(TreatVoices& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->treat_voices(command);
}

void MediaEngine::on(JoinRoom& command, TimePoint now) {
    MediaRoom* room = find(command.room);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->join(command, now);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(UpdateLeg& command, TimePoint now) {
    MediaRoom* room = find(command.room);
    if (!room) return;
    room->update(command, now);
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(ControlLeg& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->control(command);
}

void MediaEngine::on(PlayChime& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->play(command.kind);
}

void MediaEngine::on(LeaveRoom& command, TimePoint now) {
    MediaRoom* room = find(command.room);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->leave(command.participant, now);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(SyncVoice& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->sync(command);
}

void MediaEngine::on(SharePort& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->share_port(command);
}

void MediaEngine::on(WatchSpeaker& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->watch_speaker(command.watch);
}

void MediaEngine::on(ReleaseLeg& command, TimePoint) {
    MediaRoom* room = find(command.room);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->release(command.participant);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(AdoptLeg& command, TimePoint now) {
    MediaRoom* room = find(command.room);
    if (!room) return;
    context_.counters.sessions -= room->sessions();
    room->adopt(command, now);
    context_.counters.sessions += room->sessions();
    due_.set(command.room, room->next_timeout());
}

void MediaEngine::on(SendDigits& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->send_digits(command);
}

void MediaEngine::on(MeasureLevels& command, TimePoint) {
    if (MediaRoom* room = find(command.room)) room->tell_levels();
}

void MediaEngine::on(CapturePackets& command, TimePoint now) {
    if (MediaRoom* room = find(command.room)) room->capture(command, now);
}

std::optional<TimePoint> MediaEngine::next_timeout() const {
    const auto tick = due_.next(), handshake = context_.handshakes.next_timeout();
    return tick && handshake ? std::min(*tick, *handshake) : tick ? tick : handshake;
}

void MediaEngine::run_due(TimePoint now) {
    const auto id = due_.due(now);
    if (context_.handshakes.is_due(now, id.has_value())) return context_.handshakes.run_one(now);
    if (id) run(*id, now);
}

// A slice of the tick, or between two ticks a command that waited. What is left queues behind the other rooms
// that are due already.
void MediaEngine::run(RoomId id, TimePoint now) {
    MediaRoom* room = find(id);
    if (room && (room->is_mid_tick() || !waiting_.contains(id)))
        room->run_slice(now);
    else
        apply_waiting(id, now);
    room = find(id);  // it may have been closed
    if (room && room->is_mid_tick())
        due_.set(id, room->next_slice(now));
    else
        due_.set(id, is_busy(id) ? now : room ? room->next_timeout() : std::nullopt);
}

void MediaEngine::apply_waiting(RoomId id, TimePoint now) {
    const auto it = waiting_.find(id);
    RoomCommand command = std::move(it->second.front());
    it->second.pop_front();
    if (it->second.empty()) waiting_.erase(it);
    apply(command, now);
}

void MediaEngine::settle(TimePoint now) {
    for (const auto& [id, room] : rooms_) room->hurry();
    while (!waiting_.empty()) run(waiting_.begin()->first, now);
}

std::vector<RoomEvent> MediaEngine::take_events() {
    return std::exchange(context_.events, {});
}

}  // namespace rotunda::media
