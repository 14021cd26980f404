// One video worker's whole state: rooms, sessions, sockets, decoders, canvases, encoders. Sans-IO: commands
// and time in, events out; datagrams go through the MediaTransports the commands carry. Owned and used by one
// worker thread, but for the jobs it hands to its runner.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "media/video_command.hpp"
#include "media/video_context.hpp"
#include "media/video_event.hpp"

namespace rotunda::media {

class VideoRoom;

class VideoEngine {
  public:
    // `random`, `jobs` and `dtls` outlive the engine. `wall`: what makes calendar time of monotonic time.
    // Without `dtls` no handshake succeeds.
    VideoEngine(RandomSource& random, WallOffset wall, JobRunner& jobs,
                const codecs::VideoTuning& tuning = {}, const rtp::DtlsIdentity* dtls = nullptr);
    ~VideoEngine();

    // Commands for rooms or participants it does not know are ignored: the leg was already gone.
    void handle(VideoCommand command, TimePoint now);

    // When run_due wants to be called next; nothing while there is no room.
    std::optional<TimePoint> next_timeout() const;
    // Runs the most urgent due turn of one room. Call it again for as long as next_timeout() is not after
    // now, and turn_ended() with a fresh `now` after each.
    void run_due(TimePoint now);
    void turn_ended(TimePoint now);

    // What happened since the last call, oldest first.
    std::vector<VideoEvent> take_events();
    const VideoCounters& counters() const { return context_.counters; }

  private:
    void on(JoinVideo& command, TimePoint now);
    void on(UpdateVideo& command, TimePoint now);
    void on(LeaveVideo& command, TimePoint now);
    void on(SetPeople& command, TimePoint now);
    void on(SetSpeaker& command, TimePoint now);
    void on(SetVoiceLag& command, TimePoint now);
    void on(RequestKeyframe& command, TimePoint now);
    void on(SetLayout& command, TimePoint now);
    void on(CapturePackets& command, TimePoint now);
    VideoRoom* find(RoomId room);
    void count();

    VideoContext context_;
    std::unordered_map<RoomId, std::unique_ptr<VideoRoom>> rooms_;
    TimerQueue<RoomId> due_;
    RoomId running_;  // whose turn turn_ended() is about; none: of one that is gone
};

}  // namespace rotunda::media
