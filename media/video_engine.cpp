#include "media/video_engine.hpp"

#include <algorithm>
#include <utility>

#include "media/video_room.hpp"

namespace rotunda::media {

VideoCounters& VideoCounters::operator+=(const VideoCounters& other) {
    frames += other.frames;
    skipped_frames += other.skipped_frames;
    pictures += other.pictures;
    compositions += other.compositions;
    encodes += other.encodes;
    keyframes += other.keyframes;
    steps_given_up += other.steps_given_up;
    packets_received += other.packets_received;
    packets_sent += other.packets_sent;
    send_failures += other.send_failures;
    rooms += other.rooms;
    sessions += other.sessions;
    strained += other.strained;
    groups += other.groups;
    return *this;
}

VideoEngine::VideoEngine(RandomSource& random, WallOffset wall, JobRunner& jobs,
                         const codecs::VideoTuning& tuning, const rtp::DtlsIdentity* dtls)
    : context_{random, wall, jobs, tuning, dtls, {}, nullptr, {}, {}} {}
VideoEngine::~VideoEngine() = default;

void VideoEngine::handle(VideoCommand command, TimePoint now) {
    std::visit([&](auto& c) { on(c, now); }, command);
}

VideoRoom* VideoEngine::find(RoomId room) {
    const auto at = rooms_.find(room);
    return at == rooms_.end() ? nullptr : at->second.get();
}

void VideoEngine::on(JoinVideo& command, TimePoint now) {
    if (!context_.text) context_.text = std::make_unique<mixer::TextPainter>();
    auto& room = rooms_[command.room];
    if (!room) room = std::make_unique<VideoRoom>(command.room, command.settings, context_, now);
    room->join(command, now);
    due_.set(command.room, room->next_timeout());
    count();
}

void VideoEngine::on(UpdateVideo& command, TimePoint now) {
    if (VideoRoom* const room = find(command.room)) room->update(command, now);
}

void VideoEngine::on(LeaveVideo& command, TimePoint now) {
    VideoRoom* const room = find(command.room);
    if (!room) return;
    room->leave(command.participant, now);
    if (room->sessions() == 0) {
        due_.erase(command.room);
        rooms_.erase(command.room);
    }
    count();
}

void VideoEngine::on(SetPeople& command, TimePoint) {
    if (VideoRoom* const room = find(command.room)) room->set_people(std::move(command.people));
}

void VideoEngine::on(SetSpeaker& command, TimePoint) {
    if (VideoRoom* const room = find(command.room)) room->set_speaker(command.participant);
}

void VideoEngine::on(SetVoiceLag& command, TimePoint) {
    if (VideoRoom* const room = find(command.room)) room->set_voice_lag(command.participant, command.lag);
}

void VideoEngine::on(RequestKeyframe& command, TimePoint) {
    if (VideoRoom* const room = find(command.room)) room->request_keyframe(command.participant);
}

void VideoEngine::on(SetLayout& command, TimePoint) {
    if (VideoRoom* const room = find(command.room)) room->set_layout(command);
}

void VideoEngine::on(CapturePackets& command, TimePoint now) {
    if (VideoRoom* const room = find(command.room)) room->capture(command, now);
}

void VideoEngine::count() {
    context_.counters.rooms = rooms_.size();
    context_.counters.sessions = context_.counters.strained = 0;
    for (const auto& [id, room] : rooms_) {
        context_.counters.sessions += room->sessions();
        context_.counters.strained += room->is_strained() ? 1 : 0;
    }
}

std::optional<TimePoint> VideoEngine::next_timeout() const {
    const auto turn = due_.next(), handshake = context_.handshakes.next_timeout();
    return turn && handshake ? std::min(*turn, *handshake) : turn ? turn : handshake;
}

void VideoEngine::run_due(TimePoint now) {
    const auto id = due_.due(now);
    if (context_.handshakes.is_due(now, id.has_value())) return context_.handshakes.run_one(now);
    if (!id) return;
    VideoRoom& room = *rooms_.at(*id);
    room.run_turn(now);
    due_.set(*id, room.next_timeout());
    running_ = *id;
}

void VideoEngine::turn_ended(TimePoint now) {
    VideoRoom* const room = find(std::exchange(running_, RoomId{}));
    if (!room) return;
    const bool strained = room->is_strained();
    room->turn_ended(now);
    if (strained != room->is_strained()) count();
}

std::vector<VideoEvent> VideoEngine::take_events() {
    return std::exchange(context_.events, {});
}

}  // namespace rotunda::media
