// A room too large for one worker: its shards on several of them are one room to everybody in it.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/sim/conference.hpp"
#include "tests/sim/spread_room.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.1;

media::RoomSettings settings_with(int seats) {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.max_talkers = seats;
    settings.follow_talkers = false;  // shards do not, and one room is to be compared with them
    return settings;
}

double hz_of(std::size_t i) {
    return 300 + 170 * static_cast<double>(i);
}

// A tone that comes and goes, in each phone's own rhythm and loudness; at first nobody speaks, while the
// shards find each other.
Signal now_and_then(std::size_t i) {
    return [i](double t) {
        const double period = 1.1 + 0.23 * static_cast<double>(i);
        const bool speaks = t > 0.5 && std::fmod(t, period) < period * 0.6;
        const double amplitude = 0.02 + 0.01 * static_cast<double>(i);
        return speaks ? amplitude * std::sin(2 * std::numbers::pi * hz_of(i) * t) : 0.0;
    };
}

constexpr std::array codecs_in_turn = {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus};

// Nine who talk now and then, and nine who listen, for six seconds on as many workers as there are: from the
// beginning, or all on the first one, who shares the room some time later.
struct Crowd {
    explicit Crowd(std::size_t workers, Duration before_spread) : room(workers, settings_with(3)) {
        const bool at_once = before_spread == Duration::zero();
        if (at_once) spread(workers);
        for (std::size_t i = 0; i < 18; ++i) {
            PhoneOptions options = phone_with(codecs_in_turn[i % 3], i < 9 ? now_and_then(i) : silence());
            options.phase = std::chrono::microseconds(500 + 1000 * i);
            phones.push_back(&room.join(options, at_once ? i / 3 % workers : 0));
        }
        room.run(before_spread);
        if (!at_once) spread(workers);
        room.run(6s);
    }
    void spread(std::size_t workers) {
        if (workers > 1)
            room.spread();
        else
            room.run(SpreadRoom::spreading);
    }
    SpreadRoom room;
    std::vector<Phone*> phones;
};

// From the first sample to the last but a frame.
void check_same(const Phone& a, const Phone& b) {
    const auto n = std::min(a.heard().size(), b.heard().size());
    REQUIRE(n > 5u * static_cast<std::size_t>(a.rate_hz()));
    CHECK(std::max(a.heard().size(), b.heard().size()) - n <= static_cast<std::size_t>(a.rate_hz()) / 50);
    const auto differs = std::mismatch(a.heard().begin(), a.heard().begin() + static_cast<std::ptrdiff_t>(n),
                                       b.heard().begin())
                             .first -
                         a.heard().begin();
    CHECK(differs == static_cast<std::ptrdiff_t>(n));
}

double level(const Phone& listener, double hz, Duration last = 400ms) {
    return decibel(tone_amplitude(listener.heard_last(last), hz, listener.rate_hz()) / loud);
}

PhoneOptions speaker(std::size_t i) {
    return phone_with(AudioCodec::pcmu, tone(hz_of(i), loud), std::chrono::milliseconds(2 + i));
}

// The longest time between two packets to the phone.
Duration longest_wait(const Phone& phone) {
    Duration longest{};
    for (std::size_t i = 1; i < phone.packets().size(); ++i)
        longest = std::max(longest, phone.packets()[i].arrival - phone.packets()[i - 1].arrival);
    return longest;
}

}  // namespace

TEST_CASE("everybody in a room on three workers hears bit for bit what he would in a room on one") {
    const Crowd one(1, 0s), three(3, 0s);
    for (std::size_t i = 0; i < 18; ++i) {
        // Whoever speaks through a codec with a memory has an encoder of his own, and comes back to a shared
        // one with another past; what goes into it is the same.
        if (i < 9 && i % 3 != 0) continue;
        CAPTURE(i);
        check_same(*one.phones[i], *three.phones[i]);
    }
    CHECK(three.room.counters().missed_shards == 0);
    CHECK(three.room.counters().decodes == one.room.counters().decodes);
}

TEST_CASE("nobody hears that his room is spread in the middle of it, and no stream begins anew") {
    const Crowd one(1, 2s), spread(3, 2s);
    for (std::size_t i = 0; i < 18; ++i) {
        CAPTURE(i);
        check_same(*one.phones[i], *spread.phones[i]);
        CHECK(spread.phones[i]->sequence_breaks() == 0);
    }
}

TEST_CASE(
    "who comes to a shard is heard in all, who leaves it in none, who moves to another one again in all") {
    SpreadRoom room(3, settings_with(3));
    room.spread();
    std::array<Phone*, 3> listeners{};
    for (std::size_t i = 0; i < 3; ++i)
        listeners[i] = &room.join(phone_with(codecs_in_turn[i], silence()), i);
    room.run(500ms);
    Phone& first = room.join(speaker(0), 1);
    Phone& second = room.join(speaker(1), 2);
    room.run(1s);
    for (const Phone* listener : listeners) {
        CHECK(std::abs(level(*listener, hz_of(0))) < 1);
        CHECK(std::abs(level(*listener, hz_of(1))) < 1);
    }
    CHECK(std::abs(level(first, hz_of(1))) < 1);
    CHECK(level(first, hz_of(0)) < -45);
    room.move(first, 0, 2);
    room.run(1s);
    for (const Phone* listener : listeners) CHECK(std::abs(level(*listener, hz_of(0))) < 1);
    CHECK(first.sequence_breaks() == 0);
    room.leave(second);
    room.run(1s);
    for (const Phone* listener : listeners) {
        CHECK(level(*listener, hz_of(1)) < -45);
        CHECK(std::abs(level(*listener, hz_of(0))) < 1);
    }
}

TEST_CASE(
    "while people come and go on all shards, and shards are empty for a while, nobody loses who speaks") {
    SpreadRoom room(3, settings_with(4));
    room.spread();
    room.join(speaker(0), 0);
    Phone& witness = room.join(phone_with(AudioCodec::pcmu, silence()), 1);
    room.run(1s);
    witness.forget();
    SeededRandom random(5);
    std::vector<Phone*> others;
    for (int turn = 0; turn < 60; ++turn) {
        if (others.size() < 6 && random.u32() % 2 == 0) {
            const std::size_t n = random.u32() % 3;
            PhoneOptions options = phone_with(codecs_in_turn[n], n == 0 ? tone(2900, 0.03) : silence());
            options.ptime_ms = random.u32() % 4 == 0 ? 40 : 20;
            if (options.codec != AudioCodec::opus) options.ptime_ms = random.u32() % 5 == 0 ? 30 : 20;
            others.push_back(&room.join(options, 1 + random.u32() % 2));
        } else if (!others.empty()) {
            std::swap(others.back(), others[random.u32() % others.size()]);
            room.leave(*others.back());
            others.pop_back();
        }
        room.run(std::chrono::milliseconds(50 + random.u32() % 300));
    }
    CHECK(longest_gap_ms(witness.heard(), hz_of(0), 8000, loud) <= 40);
    CHECK(longest_wait(witness) <= 41ms);
    CHECK(witness.sequence_breaks() == 0);
}

TEST_CASE(
    "frames of 30 ms on one shard make all shards tick alike, and everybody goes on hearing everybody") {
    SpreadRoom room(2, settings_with(3));
    room.spread();
    room.join(speaker(0), 0);
    Phone& here = room.join(phone_with(AudioCodec::pcmu, silence()), 1);
    room.run(1s);
    here.forget();
    PhoneOptions odd = speaker(1);
    odd.ptime_ms = 30;
    Phone& there = room.join(odd, 1);
    room.run(2s);
    CHECK(std::abs(level(there, hz_of(0))) < 1);
    CHECK(std::abs(level(here, hz_of(1))) < 1);
    CHECK(longest_gap_ms(here.heard(), hz_of(0), 8000, loud) <= 20);
    room.leave(there);
    room.run(15s);  // and long ones again
    CHECK(longest_gap_ms(here.heard(), hz_of(0), 8000, loud) <= 20);
    CHECK(room.counters().missed_shards == 0);
}

TEST_CASE(
    "a worker without time costs the others a few milliseconds of one tick, and is heard again afterwards") {
    SpreadRoom room(3, settings_with(3));
    room.spread();
    room.join(speaker(0), 0);
    room.join(speaker(1), 2);
    Phone& here = room.join(phone_with(AudioCodec::pcmu, silence()), 1);
    Phone& behind = room.join(phone_with(AudioCodec::pcmu, silence()), 2);
    room.run(1s);
    here.forget();
    room.stall(2, true);
    room.run(300ms);
    room.stall(2, false);
    room.run(1s);
    CHECK(room.counters().missed_shards >= 1);
    CHECK(longest_gap_ms(here.heard(), hz_of(0), 8000, loud) <= 20);
    // Who was waited for in vain is not waited for again.
    CHECK(longest_wait(here) <= 31ms);
    for (const Phone* listener : {&here, &behind})
        for (std::size_t i : {0u, 1u})
            if (listener != &behind || i == 0) CHECK(std::abs(level(*listener, hz_of(i))) < 1);
}

TEST_CASE("a worker that is 12 ms late at every tick costs delay, and nobody a word") {
    SpreadRoom room(3, settings_with(3));
    room.spread();
    Phone& there = room.join(speaker(0), 0);
    Phone& late = room.join(speaker(1), 2);
    Phone& here = room.join(phone_with(AudioCodec::pcmu, silence()), 1);
    Phone& behind = room.join(phone_with(AudioCodec::pcmu, silence()), 2);
    room.run(2s);
    // A little after the tick, for the shards look to one another every 250 us.
    const TimePoint sent = here.packets().back().arrival;
    here.forget();
    behind.forget();
    room.make_late(2, sent - 2ms, 14ms);
    room.run(10s);
    CHECK(room.counters().missed_shards > 400);  // before the mix; their sums come in time
    for (const Phone* listener : {&here, &behind}) {
        for (const std::size_t i : {0u, 1u}) {
            CAPTURE(i);
            CHECK(longest_gap_ms(listener->heard(), hz_of(i), 8000, loud) <= 20);
            CHECK(std::abs(level(*listener, hz_of(i), 5s)) < 1);
        }
        // Once, when it begins.
        CHECK(longest_wait(*listener) <= 33ms);
        CHECK(listener->sequence_breaks() == 0);
    }
    CHECK(std::abs(level(there, hz_of(1))) < 1);
    CHECK(std::abs(level(late, hz_of(0))) < 1);
    CHECK(room.counters().skipped_ticks == 0);
}

TEST_CASE("a worker that stood still for longer than short ticks last goes on with frames of 10 and 30 ms") {
    SpreadRoom room(2, settings_with(3));
    room.spread();
    room.join(speaker(0), 0);
    std::vector<Phone*> there;
    for (const int ptime_ms : {10, 30}) {
        PhoneOptions options = phone_with(AudioCodec::pcmu, silence());
        options.ptime_ms = ptime_ms;
        there.push_back(&room.join(options, 1));
    }
    room.run(1s);
    room.stall(1, true);
    room.run(12s);
    room.stall(1, false);
    room.run(3s);
    for (const Phone* listener : there) CHECK(std::abs(level(*listener, hz_of(0))) < 1);
}

TEST_CASE("in a crowd over several shards only those with a place in the mix are decoded") {
    SpreadRoom room(3, settings_with(2));
    room.spread();
    for (std::size_t i = 0; i < 12; ++i)
        room.join(phone_with(AudioCodec::pcmu, i < 4 ? tone(hz_of(i), 0.02 * (5.0 - double(i))) : silence()),
                  i % 3);
    room.run(3s);
    const auto before = room.counters().decodes;
    room.run(1s);
    // Two seats, and the next one whom the seated hear.
    CHECK(room.counters().decodes - before == 3 * 50);
}

TEST_CASE("whom a room on several workers listens to is told once") {
    media::RoomSettings settings = settings_with(3);
    settings.announce_speaker = true;
    SpreadRoom room(3, settings);
    room.spread();
    for (std::size_t i = 0; i < 3; ++i) room.command(i, media::WatchSpeaker{SpreadRoom::room, true});
    Phone& quiet = room.join(phone_with(AudioCodec::pcmu, tone(hz_of(0), 0.05)), 0);
    Phone& louder = room.join(phone_with(AudioCodec::pcmu, silence()), 2);
    room.join(phone_with(AudioCodec::pcmu, silence()), 1);
    room.run(3s);
    louder.set_signal(tone(hz_of(1), 0.3));
    room.run(4s);
    const auto told = room.events<media::ActiveSpeakerChanged>();
    REQUIRE(told.size() == 2);
    CHECK(told[0].participant == room.id_of(quiet));
    CHECK(told[1].participant == room.id_of(louder));
    const auto watched = room.events<media::SpeakerChanged>();
    REQUIRE(watched.size() == 2);
    CHECK(watched[1].participant == room.id_of(louder));
    // The first shard is empty now: another one tells.
    room.leave(quiet);
    louder.set_signal(silence());
    room.run(3s);
    CHECK(room.events<media::SpeakerChanged>().size() == 3);
}

TEST_CASE("the ticks of a busy room on several workers allocate nothing") {
    SpreadRoom room(3, settings_with(3));
    room.spread();
    std::vector<Phone*> phones;
    for (std::size_t i = 0; i < 12; ++i)
        phones.push_back(
            &room.join(phone_with(codecs_in_turn[i % 3], silence(), std::chrono::milliseconds(i)), i / 4));
    std::uint64_t ticks = 0;
    for (const bool counted : {false, true}) {
        room.count_allocations = counted;
        const std::uint64_t before = room.counters().ticks;
        for (std::size_t from : {0, 3, 6, 9, 1, 5}) {
            for (std::size_t i = 0; i < phones.size(); ++i)
                phones[i]->set_signal(i >= from && i < from + 3 ? tone(hz_of(i), 0.05) : silence());
            room.run(4s);
        }
        ticks = room.counters().ticks - before;
    }
    CHECK(ticks >= 3000);
    CHECK(room.allocated == 0);
    CHECK(room.counters().missed_shards == 0);
}
