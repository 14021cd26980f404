// One room on several workers' engines, with simulated phones, run in virtual time.
#pragma once

#include <memory>
#include <vector>

#include "media/media_engine.hpp"
#include "tests/sim/phone.hpp"

namespace rotunda::sim {

class SpreadRoom {
  public:
    // The room begins on the first worker.
    SpreadRoom(std::size_t workers, const media::RoomSettings& settings, std::uint64_t seed = 1);

    // Puts it on all of them, which takes so long.
    void spread();
    static constexpr Duration spreading = std::chrono::milliseconds(21);

    Phone& join(PhoneOptions options, std::size_t worker);
    void leave(const Phone& phone);
    // Out of the room, to another one on this worker and back to the room on that one.
    void move(const Phone& phone, std::size_t by_way_of, std::size_t to);
    void command(std::size_t worker, media::RoomCommand command);
    void run(Duration d);
    // A worker without time, from now on or no longer.
    void stall(std::size_t worker, bool stalled) { workers_[worker].stalled = stalled; }
    // A worker that is busy with something else for so long after each tick of the room begins.
    void make_late(std::size_t worker, TimePoint a_tick, Duration by) {
        workers_[worker].a_tick = a_tick;
        workers_[worker].late = by;
    }

    TimePoint now() const { return network_.now; }
    media::ParticipantId id_of(const Phone& phone) const;
    // Of all workers.
    media::MediaCounters counters() const;
    template <typename Event>
    std::vector<Event> events() const {
        std::vector<Event> out;
        for (const auto& event : events_)
            if (const auto* e = std::get_if<Event>(&event)) out.push_back(*e);
        return out;
    }

    static constexpr media::RoomId room{1}, other_room{2};

    // Of the engines, while counted.
    bool count_allocations = false;
    std::uint64_t allocated = 0;

  private:
    struct Worker {
        std::unique_ptr<media::MediaEngine> engine;
        bool stalled = false;
        TimePoint a_tick{};
        Duration late{};
        // When it has time again.
        TimePoint free_at(TimePoint t) const {
            const Duration into_tick = (t - a_tick) % std::chrono::milliseconds(20);
            return into_tick < late ? t + (late - into_tick) : t;
        }
    };
    struct Member {
        std::unique_ptr<Phone> phone;
        std::size_t worker = 0;
        bool is_here = true;
    };

    std::size_t index_of(const Phone& phone) const;
    TimePoint next_event(TimePoint until) const;
    void run_engine(Worker& worker);

    VirtualNetwork network_;
    SeededRandom random_;
    media::RoomSettings settings_;
    std::vector<Worker> workers_;
    std::vector<Member> members_;
    std::vector<media::RoomEvent> events_;
};

}  // namespace rotunda::sim
