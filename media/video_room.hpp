// One room's video on its worker: who films, who watches, and the two turns it lives by. A network turn every
// few milliseconds reads, decodes and sends; a frame turn at the frame rate composes and encodes.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "media/lip_sync.hpp"
#include "media/load_governor.hpp"
#include "media/video_command.hpp"
#include "media/video_context.hpp"
#include "media/video_output.hpp"
#include "media/video_session.hpp"
#include "mixer/active_speaker.hpp"

namespace rotunda::media {

class VideoRoom final : private SeatSource {
  public:
    // `context` outlives the room.
    VideoRoom(RoomId id, const VideoRoomSettings& settings, VideoContext& context, TimePoint now);
    ~VideoRoom() override;

    void join(JoinVideo& join, TimePoint now);
    void update(const UpdateVideo& update, TimePoint now);
    void leave(ParticipantId participant, TimePoint now);
    void set_people(std::vector<VideoPerson> people) { people_ = std::move(people); }
    void set_speaker(ParticipantId participant) { loudest_ = participant; }
    void set_voice_lag(ParticipantId participant, Duration lag);
    void request_keyframe(ParticipantId participant);
    void set_layout(const SetLayout& command);
    void capture(const CapturePackets& command, TimePoint now);

    TimePoint next_timeout() const { return std::min(next_turn_, next_frame_); }
    void run_turn(TimePoint now);
    // When the turn was done, so that it is known whether there is time enough.
    void turn_ended(TimePoint now);

    std::size_t sessions() const { return members_.size(); }
    bool is_strained() const { return governor_.depth() > 0; }

  private:
    struct Member {
        std::unique_ptr<VideoSession> session;
        std::optional<mixer::LayoutKind> own_layout;
        LipSync sync;
        Duration voice_held{};  // as last told
    };

    // SeatSource
    Content content(mixer::SourceId source, PictureSize seat) override;

    Member* find(ParticipantId participant);
    const VideoPerson* person(ParticipantId participant) const;
    void network_turn(TimePoint now);
    void frame_turn(TimePoint now);
    void schedule_frame(TimePoint now);
    void bring_together(Member& member, TimePoint now);
    void assign_views(TimePoint now);
    void list_people();
    bool is_personal() const;
    void note_crowd(TimePoint now);
    int frame_rate() const;
    EncoderGroupKey group_key(VideoSession& session, TimePoint now) const;

    // Passed in.
    RoomId id_;
    VideoRoomSettings settings_;
    VideoContext& context_;

    // Owned.
    std::vector<Member> members_;
    std::vector<VideoPerson> people_;
    VideoOutput output_;
    mixer::LabelMaker labels_;
    mixer::ActiveSpeaker speaker_;
    LoadGovernor governor_;

    // State.
    ParticipantId loudest_;
    bool crowded_ = false;  // more are here than have views of their own, or were lately
    TimePoint crowded_until_{};
    std::vector<mixer::SourceId> shown_;  // who may have a seat, in order of arrival
    std::vector<Job> jobs_;
    TimePoint next_turn_;
    TimePoint next_frame_;
    TimePoint next_sync_{};
    std::optional<TimePoint> frame_deadline_;  // of the frame turn just run
};

}  // namespace rotunda::media
