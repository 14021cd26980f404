// Where in its period a room's tick lies. What a packet waits for the tick is delay for everyone who hears
// it, so the tick goes, seldom and slowly, to where its talkers wait less; there it holds still.
//
// It never walks across a talker's arrivals: his packets would miss the tick that used to play them, and his
// jitter buffer would have to stretch. So the way is always earlier, up to the first talker met on it. That
// is also the likeliest of the best places: the longest gap between arrivals is the likeliest to be walked
// in. Who talks alone, after a long time without a walk, is walked to at once, on the word of his first
// packets.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace rotunda::media {

// How early the packets of one participant come, as far as the room's tick has to care about him.
class TalkerArrivals {
  public:
    // What a tick tells of him. `slack`: so long before the tick that plays them come the slowest of his
    // packets of late; nullopt while nothing is played. `spread`: of his packets' delays.
    struct Reading {
        bool speaks = false;
        std::optional<Duration> slack;
        Duration spread{};
        bool is_sure = true;  // seconds of packets stand behind them; else he has just begun
    };
    void note(const Reading& reading, Duration block);
    // The tick has moved: later if above zero.
    void on_move(Duration step);
    void forget() { *this = {}; }

    // He spoke not long ago: his readings are wanted.
    bool is_recent() const { return since_speech_ < remembered; }
    // He sends nothing now; when he goes on, his schedule begins afresh wherever the tick is.
    bool is_paused() const { return paused_; }
    // So much earlier the tick may come without any packet of his missing it; nullopt: not known yet, or his
    // own jitter buffer is about to change it. Less than zero: it should come later.
    std::optional<Duration> room(Duration block) const;
    // While that is not known: what his first packets promise.
    std::optional<Duration> first_room(Duration block) const;
    // His packets come later and later, evenly: his clock is slow.
    bool is_falling_behind() const { return falling_behind_; }

  private:
    static constexpr Duration remembered = std::chrono::seconds(20);
    static constexpr Duration bucket_length = std::chrono::seconds(2);
    static constexpr std::size_t bucket_count = 4;

    std::array<Duration, bucket_count> least_{};  // of the room there was, the newest first
    std::size_t full_ = 0;                        // buckets behind the newest
    Duration filled_{};                           // of the newest
    std::optional<Duration> first_;               // before any of them is full
    Duration since_speech_ = remembered;
    bool falling_behind_ = false;
    bool paused_ = true;
};

class TickPhase {
  public:
    // By so much a tick is moved at most: not heard as jitter by any phone.
    static constexpr Duration longest_step = std::chrono::microseconds(250);
    // A clock that is slow is followed by so much a tick, 500 ppm of 20 ms.
    static constexpr Duration drift_step = std::chrono::microseconds(10);

    // Once a tick for each participant who spoke not long ago.
    void add(const TalkerArrivals& talker, Duration block);
    // Then: by how much later than a block after this tick the next one shall be; less than zero: earlier.
    Duration next_step(Duration block);

  private:
    // Less is not worth moving anybody.
    static constexpr Duration worthwhile = std::chrono::milliseconds(1);
    static constexpr Duration rest = std::chrono::seconds(5);  // between two walks
    static constexpr Duration long_rest = std::chrono::seconds(20);

    // What a tick's add() calls said.
    struct Talkers {
        int count = 0;
        Duration least = Duration::max();  // room of all
        bool unknown = false;              // of somebody
        bool behind = false;
        std::optional<Duration> first;  // of the last one
    };
    std::optional<Duration> room_of(const Talkers& talkers);

    Talkers talkers_;
    bool walking_ = false;
    bool hasty_ = false;  // walking to somebody who has just begun
    Duration rested_ = long_rest;
};

}  // namespace rotunda::media
