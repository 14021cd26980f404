// On a network that stays as it is, delay control and the room's tick come to rest: nobody's sound is
// stretched now and then because his jitter wanders about a threshold.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "media/tick_phase.hpp"
#include "tests/rtp/toy_stream.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;

namespace {

constexpr Duration tick = 20ms;
constexpr Duration lateness = 7ms;
constexpr TimePoint start = TimePoint{} + 1s;
// What the first seconds do to the schedule is its way to rest.
constexpr Duration settled = 6s;
constexpr Duration watched = 60s;
// Stretches closer to each other than this are one move of the schedule.
constexpr Duration one_move = 1s;

Duration scaled(Duration d, double factor) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(d.count()) * factor));
}

struct Law {
    enum class Shape { uniform, gaussian, rare } shape = Shape::uniform;
    Duration size{};    // the width of a uniform one, the deviation of a gaussian one
    int one_in = 1000;  // rare: as many packets come late, by up to ten times `size`
    Duration draw(SeededRandom& random) const {
        if (shape == Shape::gaussian) {
            const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
            const double normal = radius * std::cos(2 * std::numbers::pi * random.unit());
            return scaled(size, std::max(0.0, 4 + normal));
        }
        const Duration even = scaled(size, random.unit());
        if (shape == Shape::uniform || random.unit() * one_in >= 1) return even;
        return even + scaled(size, 10 * random.unit());
    }
};

// A talker's way into his jitter buffer.
class Talker {
  public:
    Talker(std::uint64_t seed, Duration phase, const Law& law, std::optional<int> late)
        : sender_(start + phase, tick), random_(seed), law_(law), late_(late) {}

    void run_tick(TimePoint now) {
        while (sender_.next_at() <= now) send();
        for (; !under_way_.empty() && under_way_.begin()->first <= now; under_way_.erase(under_way_.begin()))
            insert(under_way_.begin()->second, under_way_.begin()->first);
        receiver_.run_tick(now);
        count(now);
    }
    void tell(media::TickPhase& phase) {
        const JitterBuffer& buffer = receiver_.buffer;
        arrivals_.note({true, buffer.slack(), buffer.target_delay(), buffer.is_sure_of_slack()}, tick);
        phase.add(arrivals_, tick);
    }
    void on_move(Duration step) { arrivals_.on_move(step); }
    int moves() const { return moves_; }
    Duration concealed() const { return receiver_.concealed; }

  private:
    void send() {
        const TimePoint at = sender_.next_at();
        const Duration held = late_ == sent_++ ? lateness : Duration{};
        under_way_.emplace(at + law_.draw(random_) + held, sender_.next());
    }
    void insert(const ToyPacket& toy, TimePoint at) {
        static constexpr std::array<std::uint8_t, 160> payload{};
        RtpPacket packet;
        packet.header = toy.header;
        packet.payload = payload;
        receiver_.buffer.insert(packet, toy.info, at);
    }
    void count(TimePoint now) {
        const auto& counters = receiver_.buffer.counters();
        const std::uint64_t stretches = counters.accelerated + counters.expanded;
        if (stretches == std::exchange(stretches_, stretches)) return;
        if (now - start > settled && now - last_stretch_ > one_move) ++moves_;
        last_stretch_ = now;
    }

    ToySender sender_;
    ToyReceiver receiver_;
    SeededRandom random_;
    Law law_;
    std::optional<int> late_;
    int sent_ = 0;
    std::multimap<TimePoint, ToyPacket> under_way_;
    media::TalkerArrivals arrivals_;
    std::uint64_t stretches_ = 0;
    TimePoint last_stretch_ = start;
    int moves_ = 0;
};

using Talkers = std::vector<std::unique_ptr<Talker>>;

void run_room(Talkers& talkers) {
    media::TickPhase phase;
    for (TimePoint now = start + tick; now < start + settled + watched; now += tick) {
        for (const auto& talker : talkers) talker->run_tick(now);
        for (const auto& talker : talkers) talker->tell(phase);
        const Duration step = phase.next_step(tick);
        now += step;
        if (step != Duration{})
            for (const auto& talker : talkers) talker->on_move(step);
    }
}

struct Sweep {
    int talkers = 0;
    int moves = 0;
    int most = 0;  // of one talker
    Duration concealed{};
};

// One room for each phase of a tick.
Sweep sweep(const Law& law, int people, bool one_late) {
    constexpr int phases = 24;
    Sweep out;
    for (int i = 0; i < phases; ++i) {
        const auto seed = static_cast<std::uint64_t>(10 * i + 1);
        Talkers talkers;
        for (int k = 0; k < people; ++k)
            talkers.push_back(std::make_unique<Talker>(
                seed + static_cast<std::uint64_t>(k), tick * ((i * (k + 1)) % phases) / phases + 13us, law,
                one_late && k == 0 ? std::optional(5 + 2 * i % 45) : std::nullopt));
        run_room(talkers);
        for (const auto& talker : talkers) {
            ++out.talkers;
            out.moves += talker->moves();
            out.most = std::max(out.most, talker->moves());
            out.concealed += talker->concealed();
        }
    }
    return out;
}

template <typename Check>
void for_each_room(Check check) {
    for (const int people : {1, 2})
        for (const bool one_late : {false, true}) {
            CAPTURE(people);
            CAPTURE(one_late);
            check(people, one_late);
        }
}

constexpr std::array jitters = {100us, 300us, 500us, 700us, 900us, 1200us, 2000us, 4000us};

}  // namespace

TEST_CASE("jitter within bounds stretches nobody once he has been heard for six seconds") {
    for (const Duration jitter : jitters) {
        CAPTURE(to_ms(jitter));
        for_each_room([&](int people, bool one_late) {
            const Sweep out = sweep({Law::Shape::uniform, jitter}, people, one_late);
            // The last tenth of a wide band takes long to be seen; whose slack it is moves once.
            CHECK(out.moves <= (jitter < 4ms ? 0 : 2));
            CHECK(out.most <= 1);
        });
    }
}

TEST_CASE(
    "jitter without bounds moves nobody's schedule more than once a minute, and hardly anybody's at all") {
    for (const Duration jitter : jitters) {
        CAPTURE(to_ms(jitter));
        for_each_room([&](int people, bool one_late) {
            const Sweep out = sweep({Law::Shape::gaussian, jitter}, people, one_late);
            CHECK(out.most <= 1);
            CHECK(out.moves * 6 <= out.talkers);
        });
    }
}

// A machine under load sends so. Coming back each time would cost a drop-out and two stretches a packet.
TEST_CASE("who is late now and then is waited for after a while instead of being stretched each time") {
    for (const int one_in : {50, 100, 300}) {
        CAPTURE(one_in);
        const Sweep out = sweep({Law::Shape::rare, 1500us, one_in}, 1, false);
        MESSAGE("one in ", one_in, ": ", out.moves, " moves of ", out.talkers, " talkers, concealed ",
                to_ms(out.concealed) / out.talkers, " ms each");
        CHECK(out.most <= 5);
        CHECK(out.concealed / out.talkers <= 100ms);
    }
}
