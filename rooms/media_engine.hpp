// One media worker's whole state: rooms, sessions, sockets, decoders, mixers, encoders. Sans-IO: commands and
// time in, events out; datagrams go through the MediaTransports the commands carry. Owned and used by one
// worker thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "rooms/room_command.hpp"
#include "rooms/room_event.hpp"

namespace rotunda::rooms {

class MediaRoom;

// What one worker has done since it started; `sessions` and `rooms` are now.
struct MediaCounters {
    std::uint64_t ticks = 0;
    std::uint64_t late_ticks = 0;     // begun more than 5 ms after their deadline
    std::uint64_t skipped_ticks = 0;  // given up because the worker was too far behind to catch up
    std::uint64_t encodes = 0;
    std::uint64_t packets_sent = 0;
    std::uint64_t send_failures = 0;
    std::size_t rooms = 0;
    std::size_t sessions = 0;
};

class MediaEngine {
  public:
    // `random`: SSRCs, first sequence numbers and time stamps, RTCP intervals; outlives the engine.
    // `wall`: what makes calendar time of monotonic time, for RTCP sender reports.
    MediaEngine(RandomSource& random, WallOffset wall);
    ~MediaEngine();

    // Commands for rooms or participants it does not know are ignored: the leg was already gone.
    void handle(RoomCommand command, TimePoint now);

    // When run_due wants to be called next; nothing while every room is empty.
    std::optional<TimePoint> next_timeout() const;

    // Runs one slice (about 1 ms at most) of the most urgent due tick. Call it again, with a fresh `now`, for
    // as long as next_timeout() is not after now: a large room's tick takes several slices and lets small
    // rooms pass in between.
    void run_due(TimePoint now);

    // What happened since the last call, oldest first.
    std::vector<RoomEvent> take_events();

    MediaCounters counters() const;

  private:
    void on(OpenRoom& command, TimePoint now);
    void on(CloseRoom& command, TimePoint now);
    void on(JoinRoom& command, TimePoint now);
    void on(UpdateLeg& command, TimePoint now);
    void on(LeaveRoom& command, TimePoint now);

    RandomSource& random_;
    WallOffset wall_;
    std::unordered_map<RoomId, std::unique_ptr<MediaRoom>> rooms_;
    TimerQueue<RoomId> due_;
    std::vector<RoomEvent> events_;
    MediaCounters counters_;
    unsigned opened_ = 0;  // staggers the rooms' phases over 20 ms
};

}  // namespace rotunda::rooms
