// One media worker's whole state: rooms, sessions, sockets, decoders, mixers, encoders. Sans-IO: commands and
// time in, events out; datagrams go through the MediaTransports the commands carry. Owned and used by one
// worker thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "media/media_context.hpp"
#include "media/room_command.hpp"
#include "media/room_event.hpp"

namespace rotunda::media {

class MediaRoom;

class MediaEngine {
  public:
    // `random`: SSRCs, first sequence numbers and time stamps, RTCP intervals; outlives the engine.
    // `wall`: what makes calendar time of monotonic time, for RTCP sender reports.
    // `dtls`: who we are in DTLS handshakes, if anybody; outlives the engine.
    MediaEngine(RandomSource& random, WallOffset wall, const rtp::DtlsIdentity* dtls = nullptr);
    ~MediaEngine();

    // Commands for rooms or participants it does not know are ignored: the leg was already gone. In the
    // middle of a large room's tick what is told to that room waits for the tick's end, a few milliseconds.
    void handle(RoomCommand command, TimePoint now);
    // Does at once what waits so, rest of the tick and all: before the end, after the last command.
    void settle(TimePoint now);

    // When run_due wants to be called next; nothing while every room is empty and no handshake waits.
    std::optional<TimePoint> next_timeout() const;

    // Runs one slice (about 1 ms at most) of the most urgent due tick, one command that waited for a tick's
    // end, or one step of a handshake. Call it again, with a fresh `now`, for as long as next_timeout() is
    // not after now: a large room's tick takes several slices and lets small rooms pass in between.
    void run_due(TimePoint now);

    // What happened since the last call, oldest first.
    std::vector<RoomEvent> take_events();

    MediaCounters counters() const;

  private:
    void on(OpenRoom& command, TimePoint now);
    void on(SplitRoom& command, TimePoint now);
    void on(CloseRoom& command, TimePoint now);
    void on(TreatVoices& command, TimePoint now);
    void on(JoinRoom& command, TimePoint now);
    void on(UpdateLeg& command, TimePoint now);
    void on(ControlLeg& command, TimePoint now);
    void on(SyncVoice& command, TimePoint now);
    void on(SharePort& command, TimePoint now);
    void on(PlayChime& command, TimePoint now);
    void on(LeaveRoom& command, TimePoint now);
    void on(WatchSpeaker& command, TimePoint now);
    void on(ReleaseLeg& command, TimePoint now);
    void on(AdoptLeg& command, TimePoint now);
    void on(SendDigits& command, TimePoint now);
    void on(MeasureLevels& command, TimePoint now);
    void on(CapturePackets& command, TimePoint now);
    void apply(RoomCommand& command, TimePoint now);
    MediaRoom* find(RoomId id) const;
    bool is_busy(RoomId id) const;
    void run(RoomId id, TimePoint now);
    void apply_waiting(RoomId id, TimePoint now);

    MediaContext context_;
    std::unordered_map<RoomId, std::unique_ptr<MediaRoom>> rooms_;
    TimerQueue<RoomId> due_;
    std::unordered_map<RoomId, std::deque<RoomCommand>> waiting_;  // for the end of their room's tick
    std::uint64_t opened_ = 0;                                     // spreads the rooms' ticks over the 20 ms
};

}  // namespace rotunda::media
