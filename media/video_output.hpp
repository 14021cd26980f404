// What a room's receivers see: the views they share, each with a canvas for every size somebody gets it in,
// and an encoder for every codec and rate of it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media/video_command.hpp"
#include "media/video_context.hpp"
#include "media/video_encoder_group.hpp"
#include "mixer/active_speaker.hpp"
#include "mixer/compositor.hpp"
#include "mixer/layout.hpp"
#include "mixer/seating.hpp"

namespace rotunda::media {

class VideoSession;

// Receivers with equal keys see the same people in the same seats.
struct ViewKey {
    mixer::LayoutKind layout = mixer::LayoutKind::grid;
    mixer::SourceId viewer;  // who is left out; none: nobody

    friend bool operator==(const ViewKey&, const ViewKey&) = default;
};

// What is to be seen of somebody, asked once for each of his seats and frames.
class SeatSource {
  public:
    struct Content {
        std::optional<Picture> picture;
        std::shared_ptr<const mixer::Overlay> label;
    };
    virtual ~SeatSource() = default;
    virtual Content content(mixer::SourceId source, PictureSize seat) = 0;
};

// Used by one thread; its jobs by the context's runner.
class VideoOutput {
  public:
    VideoOutput(const VideoRoomSettings& settings, VideoContext& context);
    ~VideoOutput();

    // From now on he gets this view in this way; equal to what he gets, nothing happens.
    void watch(VideoSession& session, const ViewKey& view, const EncoderGroupKey& how);
    void unwatch(VideoSession& session);
    void request_keyframe(const VideoSession& session);
    // His next picture is a keyframe, as if he had joined.
    void begin_anew(const VideoSession& session);
    // He has moved: a keyframe soon, which those who move with him share.
    void follow(const VideoSession& session);

    // Who sits where from now on. `people`: in order of arrival; `spoke`: the latest first.
    void arrange(std::span<const mixer::SourceId> people, std::span<const mixer::SourceId> spoke);
    // He has a seat in some view.
    bool shows(mixer::SourceId source) const;

    // One frame at `room_rate` frames a second: composes, encodes and begins to send what is due.
    void frame(SeatSource& source, int room_rate, TimePoint now);

  private:
    struct Canvas;
    struct View;
    struct Group;

    Group* group_of(const VideoSession& session) const;
    Group& find_or_make(const ViewKey& view, const EncoderGroupKey& how);
    View& view_of(const ViewKey& key);
    Canvas& canvas_of(View& view, PictureSize size);
    bool adapt_alone(Group& group, const ViewKey& view, const EncoderGroupKey& how) const;
    void sweep();
    void choose_due(int room_rate);
    void fill_seats(View& view, Canvas& canvas, SeatSource& source) const;
    void compose(SeatSource& source);
    void encode(TimePoint now);
    void send(int room_rate, TimePoint now);

    const VideoRoomSettings& settings_;
    VideoContext& context_;
    std::vector<std::unique_ptr<View>> views_;
    std::vector<std::unique_ptr<Group>> groups_;
    std::vector<Job> jobs_;
};

}  // namespace rotunda::media
