// Many rooms on one worker: a large one keeps nobody waiting, and they do not all come at once.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/media/scripted_socket.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr RoomId large{1}, small{2};
constexpr std::size_t crowd = 400;

// A worker whose every slice takes a millisecond.
struct Worker {
    Worker() : engine(random, WallOffset(std::chrono::hours(400000))) {}

    void open(RoomId room) {
        RoomSettings settings;
        settings.alone_prompt = false;
        engine.handle(OpenRoom{room, settings}, now);
    }
    std::shared_ptr<SocketScript> join(RoomId room) {
        auto script = std::make_shared<SocketScript>();
        engine.handle(scripted_join(room, ParticipantId{++joined}, script), now);
        return script;
    }
    void turn() {
        now = std::max(now, *engine.next_timeout());
        engine.run_due(now);
        now += 1ms;
    }

    SeededRandom random{1};
    MediaEngine engine;
    TimePoint now{1000s};
    std::uint64_t joined = 0;
};

struct CrowdedWorker : Worker {
    CrowdedWorker() {
        open(large);
        open(small);
        for (std::size_t i = 0; i < crowd; ++i) people.push_back(join(large));
    }
    // Read but not yet all sent to.
    bool is_mid_tick() const { return people.front()->reads > people.back()->sends; }
    void begin_tick() {
        while (is_mid_tick()) turn();
        while (!is_mid_tick()) turn();
    }
    void end_tick() {
        while (is_mid_tick()) turn();
    }

    std::vector<std::shared_ptr<SocketScript>> people;
};

}  // namespace

TEST_CASE("a small room that falls due in the middle of a large room's tick is served before its rest") {
    CrowdedWorker worker;
    worker.begin_tick();
    const auto guest = worker.join(small);
    std::vector<TimePoint> served;
    int seen = 0;
    while (served.size() < 50) {
        worker.turn();
        if (guest->sends == seen) continue;
        seen = guest->sends;
        served.push_back(worker.now);
        REQUIRE(worker.is_mid_tick());
    }
    // Its turn comes within two slices, so two of its ticks are never further apart than that.
    for (std::size_t i = 1; i < served.size(); ++i) {
        REQUIRE(served[i] - served[i - 1] <= 22ms);
        REQUIRE(served[i] - served[i - 1] >= 18ms);
    }
    CHECK(worker.engine.counters().late_ticks == 0);
}

TEST_CASE("what is told to a large room in the middle of its tick waits for the tick's end") {
    CrowdedWorker worker;
    worker.begin_tick();
    worker.turn();
    const int sent = worker.people.back()->sends;
    const int read = worker.people.back()->reads;
    const auto newcomer = worker.join(large);
    CHECK(worker.people.back()->reads == read);
    CHECK(worker.engine.counters().sessions == crowd);
    worker.end_tick();
    CHECK(worker.people.back()->sends == sent + 1);
    CHECK(newcomer->reads == 0);
    worker.begin_tick();
    CHECK(worker.engine.counters().sessions == crowd + 1);
    worker.end_tick();
    CHECK(newcomer->sends == 1);
}

TEST_CASE("what waited for a tick's end is done in its order, and other rooms' ticks pass in between") {
    CrowdedWorker worker;
    const auto guest = worker.join(small);
    worker.begin_tick();
    const auto passes_through = worker.join(large);
    worker.engine.handle(LeaveRoom{large, ParticipantId{worker.joined}}, worker.now);
    for (int i = 0; i < 50; ++i) worker.join(large);
    worker.end_tick();
    const int before = guest->sends;
    while (worker.engine.counters().sessions < crowd + 1 + 50) worker.turn();
    CHECK(guest->sends >= before + 2);
    CHECK(passes_through->sends == 0);
    CHECK(passes_through->reports == 1);  // BYE
    int ended = 0;
    for (const RoomEvent& event : worker.engine.take_events())
        ended += std::holds_alternative<LegEnded>(event);
    CHECK(ended == 1);
}

TEST_CASE("a room that is closed in the middle of its tick and opened again is another one") {
    CrowdedWorker worker;
    worker.begin_tick();
    worker.engine.handle(CloseRoom{large}, worker.now);
    worker.open(large);
    const auto first = worker.join(large);
    worker.end_tick();
    for (int i = 0; i < 10; ++i) worker.turn();
    CHECK(worker.engine.counters().sessions == 1);
    CHECK(first->sends >= 4);
    CHECK(worker.people.back().use_count() == 1);
}

TEST_CASE("before the end everything that waits is done at once") {
    CrowdedWorker worker;
    worker.begin_tick();
    for (std::uint64_t i = 1; i <= crowd; ++i)
        worker.engine.handle(LeaveRoom{large, ParticipantId{i}}, worker.now);
    worker.engine.settle(worker.now);
    CHECK(worker.engine.take_events().size() == crowd);
    CHECK(worker.engine.counters().sessions == 0);
    CHECK_FALSE(worker.engine.next_timeout().has_value());
}

TEST_CASE("however many rooms there are, their ticks are spread evenly over the 20 ms") {
    for (const std::size_t rooms : {2u, 10u, 50u, 250u, 1000u}) {
        CAPTURE(rooms);
        Worker worker;
        for (std::uint64_t i = 0; i < rooms; ++i) {
            worker.open(RoomId{i});
            worker.join(RoomId{i});
        }
        std::set<TimePoint> ticks;
        const TimePoint start = worker.now;
        for (auto t = worker.engine.next_timeout(); *t <= start + 20ms; t = worker.engine.next_timeout()) {
            ticks.insert(*t);
            worker.engine.run_due(*t);
        }
        REQUIRE(ticks.size() == rooms);
        Duration widest = *ticks.begin() + 20ms - *ticks.rbegin();
        for (auto it = ticks.begin(); std::next(it) != ticks.end(); ++it)
            widest = std::max(widest, *std::next(it) - *it);
        CHECK(widest * rooms < 2 * Duration(20ms));
    }
}
