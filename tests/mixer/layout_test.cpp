// Layouts, seats, and whom the picture follows.
#include "mixer/layout.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "mixer/active_speaker.hpp"
#include "mixer/seating.hpp"

using namespace rotunda;
using namespace rotunda::mixer;
using namespace std::chrono_literals;

namespace {

constexpr LayoutKind all_kinds[] = {LayoutKind::grid,
                                    LayoutKind::one_plus_five,
                                    LayoutKind::one_plus_seven,
                                    LayoutKind::speaker,
                                    LayoutKind::speaker_and_strip,
                                    LayoutKind::side_by_side,
                                    LayoutKind::picture_in_picture};

bool overlap(const PictureArea& a, const PictureArea& b) {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

using People = std::vector<SourceId>;
People people(std::initializer_list<std::uint64_t> ids) {
    People out;
    for (std::uint64_t id : ids) out.push_back({id});
    return out;
}
// "1 2 -": who sits where.
std::string text(const Seating& seating) {
    std::string out;
    for (const auto& seat : seating.seats()) {
        if (!out.empty()) out += ' ';
        out += seat ? std::to_string(seat->value) : "-";
    }
    return out;
}

}  // namespace

TEST_CASE("a grid grows as 1, 2, 2x2, 3x2, 3x3 up to 5x5, and no further") {
    const std::pair<std::size_t, std::size_t> seats_for[] = {{0, 1},   {1, 1},   {2, 2},   {3, 4},   {4, 4},
                                                             {5, 6},   {7, 9},   {9, 9},   {10, 12}, {13, 16},
                                                             {17, 20}, {21, 25}, {25, 25}, {80, 25}};
    for (const auto& [count, seats] : seats_for) {
        CAPTURE(count);
        CHECK(make_layout(LayoutKind::grid, count).cells.size() == seats);
    }
}

TEST_CASE("two people sit side by side in exact halves, four in quarters") {
    const Layout two = make_layout(LayoutKind::grid, 2);
    CHECK(two.area(0, {1280, 720}) == PictureArea{0, 180, 640, 360});
    CHECK(two.area(1, {1280, 720}) == PictureArea{640, 180, 640, 360});
    const Layout four = make_layout(LayoutKind::grid, 4);
    CHECK(four.area(3, {1280, 720}) == PictureArea{640, 360, 640, 360});
}

TEST_CASE("seats lie inside the picture, on even samples, and only an inset overlaps") {
    for (LayoutKind kind : all_kinds)
        for (std::size_t count = 0; count <= 26; ++count)
            for (PictureSize size : {PictureSize{1280, 720}, PictureSize{320, 180}, PictureSize{640, 480},
                                     PictureSize{1920, 1080}, PictureSize{176, 144}}) {
                CAPTURE(to_string(kind));
                CAPTURE(count);
                const Layout layout = make_layout(kind, count);
                for (std::size_t i = 0; i < layout.cells.size(); ++i) {
                    const PictureArea a = layout.area(i, size);
                    REQUIRE((a.x % 2 == 0 && a.y % 2 == 0 && a.width % 2 == 0 && a.height % 2 == 0));
                    REQUIRE((a.x >= 0 && a.y >= 0 && a.width > 0 && a.height > 0));
                    REQUIRE((a.x + a.width <= size.width && a.y + a.height <= size.height));
                    for (std::size_t j = 0; j < i && kind != LayoutKind::picture_in_picture; ++j)
                        REQUIRE(!overlap(a, layout.area(j, size)));
                }
            }
}

TEST_CASE("1+5 and 1+7 fill the whole picture") {
    for (LayoutKind kind : {LayoutKind::one_plus_five, LayoutKind::one_plus_seven}) {
        const Layout layout = make_layout(kind, 1);
        int covered = 0;
        for (std::size_t i = 0; i < layout.cells.size(); ++i) {
            const PictureArea a = layout.area(i, {1280, 720});
            covered += a.width * a.height;
        }
        CHECK(covered == 1280 * 720);
        CHECK(layout.speaker_first);
    }
}

TEST_CASE("layouts are found by their names") {
    for (LayoutKind kind : all_kinds) CHECK(layout_from(to_string(kind)) == kind);
    CHECK(!layout_from("mosaic"));
}

TEST_CASE("nobody moves when others come and go") {
    Seating seating;
    seating.arrange(people({1, 2, 3}), {}, 4, false);
    CHECK(text(seating) == "1 2 3 -");
    seating.arrange(people({1, 3}), {}, 4, false);
    CHECK(text(seating) == "1 - 3 -");
    seating.arrange(people({1, 3, 4, 5}), {}, 4, false);
    CHECK(text(seating) == "1 4 3 5");
    seating.arrange(people({1, 3, 4, 5, 6}), {}, 6, false);
    CHECK(text(seating) == "1 4 3 5 6 -");
}

TEST_CASE("whose seat is gone takes a free one") {
    Seating seating;
    seating.arrange(people({1, 2, 3, 4, 5}), {}, 6, false);
    seating.arrange(people({1, 4, 5}), {}, 4, false);
    CHECK(text(seating) == "1 5 - 4");
}

TEST_CASE("the speaker takes the first seat and changes places with who sat there") {
    Seating seating;
    seating.arrange(people({1, 2, 3}), {}, 6, true);
    CHECK(text(seating) == "1 2 3 - - -");
    seating.arrange(people({1, 2, 3}), people({3}), 6, true);
    CHECK(text(seating) == "3 2 1 - - -");
    seating.arrange(people({1, 2, 3}), people({2, 3}), 6, true);
    CHECK(text(seating) == "2 3 1 - - -");
    seating.arrange(people({1, 2, 3, 4}), people({4, 2, 3}), 6, true);
    CHECK(text(seating) == "4 3 1 2 - -");
}

TEST_CASE("where there are more people than seats, who speaks is seated and the longest silent makes room") {
    Seating seating;
    seating.arrange(people({1, 2, 3, 4, 5, 6}), people({2}), 4, false);
    CHECK(text(seating) == "1 2 3 4");
    seating.arrange(people({1, 2, 3, 4, 5, 6}), people({6, 2}), 4, false);
    CHECK(text(seating) == "1 2 3 6");
    seating.arrange(people({1, 2, 3, 4, 5, 6}), people({5, 6, 3, 2}), 4, false);
    CHECK(text(seating) == "5 2 3 6");
    seating.arrange(people({1, 2}), people({7, 5, 2}), 1, true);
    CHECK(text(seating) == "2");
}

TEST_CASE("whatever happens, everyone who is shown sits once, and all who fit are shown") {
    SeededRandom random(9);
    Seating seating;
    People present, spoke;
    for (int step = 0; step < 3000; ++step) {
        const SourceId id{1 + random.u32() % 12};
        if (std::erase(present, id) == 0) present.push_back(id);
        if (random.u32() % 2 == 0) {
            std::erase(spoke, id);
            spoke.insert(spoke.begin(), id);
        }
        const std::size_t seats = 1 + random.u32() % 10;
        const bool speaker_first = random.u32() % 2 == 0;
        seating.arrange(present, spoke, seats, speaker_first);
        REQUIRE(seating.seats().size() == seats);
        People seated;
        for (const auto& seat : seating.seats())
            if (seat) seated.push_back(*seat);
        std::sort(seated.begin(), seated.end());
        REQUIRE(std::adjacent_find(seated.begin(), seated.end()) == seated.end());
        REQUIRE(seated.size() == std::min(seats, present.size()));
        for (const SourceId s : seated)
            REQUIRE(std::find(present.begin(), present.end(), s) != present.end());
        const auto speaker = std::find_if(spoke.begin(), spoke.end(), [&](SourceId s) {
            return std::find(present.begin(), present.end(), s) != present.end();
        });
        if (speaker_first && speaker != spoke.end()) REQUIRE(seating.seats()[0] == *speaker);
    }
}

namespace {

// Somebody is loudest for a while; how often the speaker changed.
int speak(ActiveSpeaker& active, TimePoint& now, std::optional<SourceId> who, Duration length) {
    int changes = 0;
    for (const TimePoint end = now + length; now < end; now += 100ms)
        changes += active.update(who, now) ? 1 : 0;
    return changes;
}

}  // namespace

TEST_CASE("the picture follows who keeps speaking, not a cough") {
    ActiveSpeaker active;
    TimePoint now = TimePoint{} + 10s;
    const SourceId a{1}, b{2};
    CHECK(!active.speaker());
    CHECK(speak(active, now, a, 100ms) == 1);
    CHECK(active.speaker() == a);
    speak(active, now, a, 5s);
    CHECK(speak(active, now, b, 500ms) == 0);
    CHECK(speak(active, now, a, 1s) == 0);
    CHECK(speak(active, now, std::nullopt, 10s) == 0);
    CHECK(active.speaker() == a);
    CHECK(speak(active, now, b, 1s) == 1);
    CHECK(active.speaker() == b);
}

TEST_CASE("a pause between words does not begin the wait anew, a long one does") {
    ActiveSpeaker active;
    TimePoint now = TimePoint{} + 10s;
    const SourceId a{1}, b{2};
    speak(active, now, a, 5s);
    CHECK(speak(active, now, b, 400ms) == 0);
    CHECK(speak(active, now, std::nullopt, 300ms) == 0);
    CHECK(speak(active, now, b, 200ms) == 1);
    speak(active, now, b, 5s);
    CHECK(speak(active, now, a, 400ms) == 0);
    CHECK(speak(active, now, std::nullopt, 800ms) == 0);
    CHECK(speak(active, now, a, 400ms) == 0);
}

TEST_CASE("a picture stays at least its time, however two quarrel") {
    ActiveSpeaker active;
    TimePoint now = TimePoint{} + 10s;
    int changes = 0;
    for (int i = 0; i < 20; ++i)
        changes += speak(active, now, SourceId{1 + static_cast<std::uint64_t>(i % 2)}, 800ms);
    CHECK(changes <= 8);
    CHECK(changes >= 2);
}

TEST_CASE("the speaker sees who spoke before him, and who left is forgotten") {
    ActiveSpeaker active;
    TimePoint now = TimePoint{} + 10s;
    const SourceId a{1}, b{2}, c{3};
    speak(active, now, a, 3s);
    CHECK(!active.speaker_for(a));
    speak(active, now, b, 3s);
    CHECK(active.speaker_for(b) == a);
    CHECK(active.speaker_for(a) == b);
    CHECK(active.speaker_for(c) == b);
    active.remove(b);
    CHECK(active.speaker() == a);
    CHECK(active.history().size() == 1);
}

TEST_CASE("who spoke long ago is forgotten, even if nobody says that he left") {
    ActiveSpeaker active;
    TimePoint now = TimePoint{} + 10s;
    for (std::uint64_t who = 1; who <= 1000; ++who) speak(active, now, SourceId{who}, 3s);
    CHECK(active.history().size() == 64);
    CHECK(active.speaker() == SourceId{1000});
}
