// A simulated one-way network in virtual time, seeded: loss, jitter, reordering, duplicates, and clocks that
// drift.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"

namespace rotunda::sim {

struct LinkFaults {
    double loss = 0;       // probabilities, 0 to 1
    double duplicate = 0;  // a second copy with a delay of its own
    double reorder = 0;    // held back by reorder_by on top of everything else
    Duration delay{};      // every packet
    Duration jitter{};     // and a uniform share of this
    Duration reorder_by = std::chrono::milliseconds(25);
};

// Datagram: any copyable value. Faults may change at any time; packets under way keep their fate.
template <typename Datagram>
class Link {
  public:
    explicit Link(std::uint64_t seed, const LinkFaults& faults = {}) : random_(seed), faults_(faults) {}

    void set_faults(const LinkFaults& faults) { faults_ = faults; }

    void send(const Datagram& datagram, TimePoint at) {
        if (random_.unit() < faults_.loss) {
            ++lost_;
            return;
        }
        deliver(datagram, at);
        if (random_.unit() < faults_.duplicate) deliver(datagram, at);
    }

    struct Arrival {
        TimePoint at;
        Datagram datagram;
    };
    // The next datagram that has arrived by `now`, in order of arrival.
    std::optional<Arrival> receive(TimePoint now) {
        if (under_way_.empty() || under_way_.top().at > now) return std::nullopt;
        Arrival arrival{under_way_.top().at, under_way_.top().datagram};
        under_way_.pop();
        return arrival;
    }
    std::optional<TimePoint> next_arrival() const {
        if (under_way_.empty()) return std::nullopt;
        return under_way_.top().at;
    }
    std::uint64_t lost() const { return lost_; }

  private:
    struct UnderWay {
        TimePoint at;
        std::uint64_t order;  // equal times arrive as they were sent
        Datagram datagram;
        friend bool operator<(const UnderWay& a, const UnderWay& b) {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };

    void deliver(const Datagram& datagram, TimePoint at) {
        Duration delay = faults_.delay + scaled(faults_.jitter, random_.unit());
        if (random_.unit() < faults_.reorder) delay += faults_.reorder_by;
        under_way_.push({at + delay, sent_++, datagram});
    }
    static Duration scaled(Duration d, double factor) {
        return Duration(static_cast<Duration::rep>(static_cast<double>(d.count()) * factor));
    }

    SeededRandom random_;
    LinkFaults faults_;
    std::priority_queue<UnderWay> under_way_;
    std::uint64_t sent_ = 0;
    std::uint64_t lost_ = 0;
};

// A peer whose crystal is off: positive ppm runs fast, so its 20 ms are a little shorter than ours.
class DriftingClock {
  public:
    DriftingClock(TimePoint start, double ppm) : start_(start), rate_(1.0 / (1.0 + ppm * 1e-6)) {}
    // When, by our clock, the peer's clock shows start + elapsed.
    TimePoint at(Duration elapsed) const {
        return start_ + Duration(static_cast<Duration::rep>(static_cast<double>(elapsed.count()) * rate_));
    }

  private:
    TimePoint start_;
    double rate_;
};

}  // namespace rotunda::sim
