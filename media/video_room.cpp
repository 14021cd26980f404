#include "media/video_room.hpp"

#include <algorithm>
#include <utility>

namespace rotunda::media {
namespace {

constexpr Duration turn = std::chrono::milliseconds(5);
constexpr Duration sync_interval = std::chrono::seconds(1);
// Views become everybody's own again when so long few enough were here: of who comes and goes the others see
// nothing but his seat.
constexpr Duration crowd_memory = std::chrono::seconds(10);

mixer::SourceId source_of(ParticipantId participant) {
    return {participant.value};
}

// What there is to give up: sizes come in classes.
LoadGovernor::Step all_of(const VideoRoomSettings& settings) {
    const int rate = std::clamp(settings.frames_per_second, 1, 30);
    PictureBounds bounds;
    bounds.height = settings.height;
    return {rate, choose_class(bounds, rate).size.height};
}

}  // namespace

VideoRoom::VideoRoom(RoomId id, const VideoRoomSettings& settings, VideoContext& context, TimePoint now)
    : id_(id),
      settings_(settings),
      context_(context),
      output_(settings_, context),
      labels_(*context.text, settings_.colours),
      governor_(all_of(settings_)),
      next_turn_(now),
      next_frame_(now) {}

VideoRoom::~VideoRoom() = default;

VideoRoom::Member* VideoRoom::find(ParticipantId participant) {
    const auto at = std::find_if(members_.begin(), members_.end(),
                                 [&](const Member& m) { return m.session->participant() == participant; });
    return at == members_.end() ? nullptr : &*at;
}

const VideoPerson* VideoRoom::person(ParticipantId participant) const {
    const auto at = std::find_if(people_.begin(), people_.end(),
                                 [&](const VideoPerson& p) { return p.participant == participant; });
    return at == people_.end() ? nullptr : &*at;
}

// --- commands

void VideoRoom::join(JoinVideo& join, TimePoint now) {
    if (find(join.participant)) return;
    members_.push_back({std::make_unique<VideoSession>(join, context_, now), join.own_layout, {}, {}});
}

void VideoRoom::update(const UpdateVideo& update, TimePoint now) {
    Member* const member = find(update.participant);
    if (!member || !member->session->update(update.video, now)) return;
    // Whatever was changed, what he sees begins anew.
    if (!member->session->is_watching()) output_.unwatch(*member->session);
}

void VideoRoom::leave(ParticipantId participant, TimePoint now) {
    Member* const member = find(participant);
    if (!member) return;
    output_.unwatch(*member->session);
    context_.events.push_back(
        VideoEnded{id_, participant, member->session->end(id_, now), member->session->received()});
    members_.erase(members_.begin() + (member - members_.data()));
    if (!settings_.shows_audio_only) speaker_.remove(source_of(participant));
}

void VideoRoom::set_voice_lag(ParticipantId participant, Duration lag) {
    if (Member* const member = find(participant)) member->sync.on_audio(lag);
}

void VideoRoom::request_keyframe(ParticipantId participant) {
    if (Member* const member = find(participant)) output_.request_keyframe(*member->session);
}

void VideoRoom::set_layout(const SetLayout& command) {
    if (!command.participant)
        settings_.layout = command.layout;
    else if (Member* const member = find(command.participant))
        member->own_layout = command.layout;
}

void VideoRoom::capture(const CapturePackets& command, TimePoint now) {
    if (Member* const member = find(command.participant)) member->session->capture(command, now);
}

// --- turns

void VideoRoom::run_turn(TimePoint now) {
    network_turn(now);
    next_turn_ = std::max(next_turn_ + turn, now + turn / 2);
    if (now >= next_frame_) {
        frame_turn(now);
        schedule_frame(now);
    }
}

void VideoRoom::network_turn(TimePoint now) {
    jobs_.clear();
    for (Member& member : members_) {
        VideoSession& session = *member.session;
        session.receive(now);
        const VideoSession::Move move = session.take_move(now);
        if (move == VideoSession::Move::here) output_.begin_anew(session);
        if (move == VideoSession::Move::elsewhere) output_.follow(session);
        if (session.take_keyframe_wish(now)) output_.request_keyframe(session);
        if (session.wants_decode(now)) jobs_.emplace_back([&session, now] { session.decode(now); });
    }
    context_.jobs.run(jobs_);
    for (Member& member : members_) {
        member.session->tell(id_);
        member.session->on_turn(now);
    }
}

// Late frames are left out, so that the next ones come when they are due.
void VideoRoom::schedule_frame(TimePoint now) {
    const Duration interval = Duration(std::chrono::seconds(1)) / frame_rate();
    frame_deadline_ = next_frame_;
    next_frame_ += interval;
    if (next_frame_ > now) return;
    const auto lost = (now - next_frame_) / interval + 1;
    context_.counters.skipped_frames += static_cast<std::uint64_t>(lost);
    next_frame_ += interval * lost;
}

void VideoRoom::frame_turn(TimePoint now) {
    ++context_.counters.frames;
    speaker_.update(loudest_ ? std::optional(source_of(loudest_)) : std::nullopt, now);
    list_people();
    assign_views(now);
    output_.arrange(shown_, speaker_.history());
    for (Member& member : members_) {
        member.session->show(output_.shows(source_of(member.session->participant())));
        member.session->advance_picture(now);
    }
    if (now >= next_sync_) {
        next_sync_ = now + sync_interval;
        for (Member& member : members_) bring_together(member, now);
    }
    output_.frame(*this, frame_rate(), now);
}

// Lip sync is for senders whose picture is shown: the picture waits for the sound, or the sound for it.
void VideoRoom::bring_together(Member& member, TimePoint now) {
    const Duration interval = Duration(std::chrono::seconds(1)) / frame_rate();
    VideoSession& session = *member.session;
    const auto lag = session.receiver().lag();
    if (!session.receiver().is_shown() || !session.is_filming() || !lag) {
        member.sync.reset();
    } else {
        // What was decoded after a turn is shown by the next one.
        const Duration wait = (now - session.newest_at()) % interval;
        member.sync.on_picture(*lag + wait, wait);
        member.sync.update();
    }
    const LipSync::Holds& holds = member.sync.holds();
    session.hold_pictures(member.sync.until_nearest_turn(interval));
    if (std::exchange(member.voice_held, holds.audio) != holds.audio)
        context_.events.push_back(HoldVoice{id_, session.participant(), holds.audio});
}

void VideoRoom::turn_ended(TimePoint now) {
    if (!frame_deadline_) return;
    const std::size_t before = governor_.depth();
    const Duration behind = now - *std::exchange(frame_deadline_, std::nullopt);
    if (!governor_.on_turn(behind, now)) return;
    if (governor_.depth() > before) ++context_.counters.steps_given_up;
    context_.events.push_back(VideoLoadChanged{id_, governor_.step(), governor_.depth()});
}

// --- who sees what

int VideoRoom::frame_rate() const {
    return governor_.step().frames_per_second;
}

bool VideoRoom::is_personal() const {
    if (settings_.view != VideoViewMode::automatic) return settings_.view == VideoViewMode::personal;
    return !crowded_ && governor_.depth() == 0;
}

void VideoRoom::note_crowd(TimePoint now) {
    if (members_.size() > settings_.most_personal) crowded_until_ = now + crowd_memory;
    crowded_ = now < crowded_until_;
}

EncoderGroupKey VideoRoom::group_key(VideoSession& session, TimePoint now) const {
    const PictureClass chosen = session.choose_class(governor_.step().height, frame_rate(), now);
    const VideoLeg& leg = session.leg();
    EncoderGroupKey key;
    key.settings.codec = leg.codec;
    key.settings.width = chosen.size.width;
    key.settings.height = chosen.size.height;
    key.settings.frames_per_second = chosen.frames_per_second;
    key.settings.bit_rate = chosen.bit_rate;
    // Of VP8 profile and mode mean nothing, and must not keep receivers apart.
    if (leg.codec == VideoCodec::h264) {
        key.settings.profile = leg.profile;
        key.mode = leg.mode;
    }
    return key;
}

void VideoRoom::assign_views(TimePoint now) {
    note_crowd(now);
    const bool personal = is_personal();
    const LoadGovernor::Step all = all_of(settings_);
    LoadGovernor::Step most{1, 1};
    for (Member& member : members_) {
        VideoSession& session = *member.session;
        if (!session.is_watching() || !session.is_reachable()) continue;
        const PictureClass wanted = session.wanted_class(all.height, all.frames_per_second);
        most.frames_per_second = std::max(most.frames_per_second, wanted.frames_per_second);
        most.height = std::max(most.height, wanted.size.height);
        ViewKey view{member.own_layout.value_or(settings_.layout), {}};
        const mixer::SourceId self = source_of(session.participant());
        // Who is in no view anyway sees what all others like him see.
        if (personal && std::find(shown_.begin(), shown_.end(), self) != shown_.end()) view.viewer = self;
        output_.watch(session, view, group_key(session, now));
    }
    governor_.want(most, settings_.view == VideoViewMode::automatic && !crowded_);
}

void VideoRoom::list_people() {
    shown_.clear();
    const auto is_shown = [&](ParticipantId participant) {
        const Member* const member = find(participant);
        return member && (member->session->leg().receives || member->session->leg().on_hold);
    };
    for (const VideoPerson& p : people_)
        if (settings_.shows_audio_only || is_shown(p.participant)) shown_.push_back(source_of(p.participant));
    for (const Member& member : members_)
        if (const ParticipantId id = member.session->participant(); !person(id) && is_shown(id))
            shown_.push_back(source_of(id));
}

SeatSource::Content VideoRoom::content(mixer::SourceId source, PictureSize seat) {
    const ParticipantId participant{source.value};
    const Member* const member = find(participant);
    const VideoPerson* const who = person(participant);
    mixer::SeatLabel label;
    if (who) label.name = who->name;
    label.on_hold = (who && who->on_hold) || (member && member->session->leg().on_hold);
    label.muted = who && who->muted;
    label.audio_only = !member;
    Content out;
    if (member && member->session->is_filming()) out.picture = member->session->receiver().picture();
    if (!out.picture) out.picture = labels_.monogram(label.name, seat);
    if (settings_.labels) out.label = labels_.label(label, seat);
    return out;
}

}  // namespace rotunda::media
