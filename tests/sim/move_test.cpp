// What operators do with a leg: it goes to another room, on this worker or another one, and none of its
// streams begins anew; keys, levels, captures.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;
constexpr media::RoomId here{1}, there{2};

struct TwoRooms {
    explicit TwoRooms(PhoneOptions base = {}) {
        conference.engine.handle(media::OpenRoom{there, Conference::quiet_settings()}, conference.now());
        for (int i = 0; i < 3; ++i) {
            PhoneOptions options = i == 1 ? base : PhoneOptions{};
            options.signal = tone(400 + 500 * i, loud);
            options.phase = std::chrono::milliseconds(2 + i);
            phones[static_cast<std::size_t>(i)] = &conference.join(options);
        }
        conference.run(1s);
    }
    // As the focus does it.
    void move(std::size_t who, media::RoomId from, media::RoomId to, media::LegControl control = {}) {
        const media::ParticipantId id = conference.id_of(*phones[who]);
        conference.engine.handle(media::ReleaseLeg{from, id}, conference.now());
        auto events = conference.engine.take_events();
        auto* released = events.empty() ? nullptr : std::get_if<media::LegReleased>(&events.back());
        REQUIRE(released);
        CHECK(released->quality.packets_received > 0);
        conference.run(12ms);  // on its way over the signaling thread
        conference.engine.handle(media::AdoptLeg{to, id, std::move(released->session), control},
                                 conference.now());
    }
    double level(std::size_t who, std::size_t whom) {
        const double hz = 400 + 500 * static_cast<double>(whom);
        return decibel(tone_amplitude(phones[who]->heard_last(400ms), hz, phones[who]->rate_hz()) / loud);
    }

    Conference conference;
    std::array<Phone*, 3> phones{};
};

}  // namespace

TEST_CASE("who moves is heard where he comes and no longer where he was, by one stream without a break") {
    TwoRooms rooms;
    rooms.move(1, here, there);
    rooms.conference.run(1s);
    CHECK(rooms.level(0, 1) < -45);
    CHECK(rooms.level(1, 0) < -45);
    rooms.move(0, here, there);
    rooms.conference.run(1s);
    CHECK(std::abs(rooms.level(0, 1)) < 1);
    CHECK(std::abs(rooms.level(1, 0)) < 1);
    CHECK(rooms.level(2, 0) < -45);
    CHECK(rooms.phones[0]->sequence_breaks() == 0);
    CHECK(rooms.phones[1]->sequence_breaks() == 0);
    CHECK(rooms.conference.engine.counters().sessions == 3);
    rooms.move(0, there, here);
    rooms.conference.run(1s);
    CHECK(std::abs(rooms.level(0, 2)) < 1);
}

TEST_CASE("his keys, his codec and the operator's word on him go with him") {
    PhoneOptions options;
    options.codec = AudioCodec::opus;
    TwoRooms rooms(options);
    rooms.move(1, here, there, {.muted = true});
    rooms.move(0, here, there);
    rooms.conference.run(1s);
    CHECK(std::abs(rooms.level(1, 0)) < 1.5);
    CHECK(rooms.level(0, 1) < -45);
    CHECK(rooms.phones[1]->sequence_breaks() == 0);
}

TEST_CASE("nothing of who comes muted is heard, not even a word cut short") {
    TwoRooms rooms;
    rooms.move(0, here, there);
    rooms.conference.run(1s);
    rooms.phones[0]->forget();
    rooms.move(1, here, there, {.muted = true});
    rooms.conference.run(200ms);
    int loudest = 0;
    for (const std::int16_t sample : rooms.phones[0]->heard())
        loudest = std::max(loudest, std::abs(static_cast<int>(sample)));
    CHECK(loudest < 100);
}

TEST_CASE("a leg nobody takes in, or that is released twice, harms nothing") {
    TwoRooms rooms;
    const media::ParticipantId id = rooms.conference.id_of(*rooms.phones[1]);
    rooms.conference.engine.handle(media::ReleaseLeg{here, id}, rooms.conference.now());
    rooms.conference.engine.handle(media::ReleaseLeg{here, id}, rooms.conference.now());
    rooms.conference.engine.handle(media::AdoptLeg{there, id, nullptr, {}}, rooms.conference.now());
    CHECK(rooms.conference.engine.take_events().size() == 1);
    rooms.conference.run(100ms);
    CHECK(rooms.conference.engine.counters().sessions == 2);
}

TEST_CASE(
    "keys pressed towards a phone are telephone-events in its stream, and the mix comes back after them") {
    TwoRooms rooms;
    media::AudioLeg leg = rooms.phones[1]->leg();
    leg.send_event_type = telephone_event_type;
    rooms.conference.update(*rooms.phones[1], leg);
    rooms.conference.engine.handle(media::SendDigits{here, rooms.conference.id_of(*rooms.phones[1]), "42#"},
                                   rooms.conference.now());
    rooms.conference.run(2s);
    int begun = 0, events = 0;
    for (const Phone::Packet& packet : rooms.phones[1]->packets())
        if (packet.header.payload_type == telephone_event_type) {
            ++events;
            begun += packet.header.marker ? 1 : 0;
        }
    CHECK(begun == 3);
    CHECK(events == 3 * 7);
    CHECK(rooms.phones[1]->sequence_breaks() == 0);
    CHECK(std::abs(rooms.level(1, 0)) < 1);
}

TEST_CASE("keys that a hold cuts short are not sent at the resume, nor lost to others pressed meanwhile") {
    TwoRooms rooms;
    Phone& phone = *rooms.phones[1];
    media::AudioLeg leg = phone.leg();
    leg.send_event_type = telephone_event_type;
    rooms.conference.update(phone, leg);
    const auto press = [&](const char* keys) {
        rooms.conference.engine.handle(media::SendDigits{here, rooms.conference.id_of(phone), keys},
                                       rooms.conference.now());
    };
    const auto begun = [&] {
        return std::ranges::count_if(phone.packets(), [](const Phone::Packet& packet) {
            return packet.header.payload_type == telephone_event_type && packet.header.marker;
        });
    };
    press("1");
    rooms.conference.run(100ms);
    press("2");
    rooms.conference.run(1s);
    CHECK(begun() == 2);
    press("3456789");
    rooms.conference.run(300ms);
    media::AudioLeg held = leg;
    held.sends = held.receives = false;
    held.on_hold = true;
    rooms.conference.update(phone, held);
    rooms.conference.run(5s);
    const auto before = begun();
    CHECK(before < 6);
    rooms.conference.update(phone, leg);
    rooms.conference.run(2s);
    CHECK(begun() == before);
    CHECK(std::abs(rooms.level(1, 0)) < 1);
}

TEST_CASE("to the phone of who moves no time is lost: its packets come no later than their time stamps say") {
    TwoRooms rooms;
    Phone& phone = *rooms.phones[1];
    media::RoomId from = here, to = there;
    for (int i = 0; i < 10; ++i) {
        rooms.conference.run(std::chrono::milliseconds(500 + 3 * i));
        rooms.move(1, from, to);
        std::swap(from, to);
    }
    rooms.conference.run(500ms);
    const Phone::Packet &first = phone.packets().front(), &last = phone.packets().back();
    const auto media_ms = static_cast<std::int32_t>(last.header.timestamp - first.header.timestamp) / 8.0;
    // At most half a millisecond for each move, and where the other room's tick comes sooner, sooner.
    CHECK(to_ms(last.arrival - first.arrival) - media_ms < 6);
    CHECK(phone.sequence_breaks() == 0);
}

TEST_CASE("how loud everybody is can be asked") {
    TwoRooms rooms;
    rooms.conference.engine.take_events();
    rooms.conference.engine.handle(media::MeasureLevels{here}, rooms.conference.now());
    const auto events = rooms.conference.engine.take_events();
    REQUIRE(events.size() == 1);
    const auto& levels = std::get<media::LevelsMeasured>(events[0]).levels;
    REQUIRE(levels.size() == 3);
    for (const auto& level : levels) {
        CHECK(std::abs(level.dbov - -17) < 2);  // a tone of amplitude 0.2
        CHECK(level.talking);
    }
}

TEST_CASE("a capture has what a phone sends and is sent in the clear, and ends by time or size") {
    TwoRooms rooms;
    const media::ParticipantId id = rooms.conference.id_of(*rooms.phones[1]);
    rooms.conference.engine.handle(media::CapturePackets{here, id, 3s, 1u << 20}, rooms.conference.now());
    rooms.conference.run(6s);
    std::size_t in = 0, out = 0, ends = 0;
    for (const auto& event : rooms.conference.events<media::PacketsCaptured>()) {
        CHECK(event.participant == id);
        ends += event.last ? 1 : 0;
        for (const auto& packet : event.packets) {
            if (packet.bytes.size() != 172) continue;  // RTCP, by the port above
            ++(packet.inbound ? in : out);
            CHECK(packet.peer == rooms.phones[1]->address());
        }
    }
    CHECK(ends == 1);
    CHECK(in >= 148);
    CHECK(in <= 152);
    CHECK(out >= 148);
    CHECK(out <= 152);

    const std::size_t before = rooms.conference.events<media::PacketsCaptured>().size();
    rooms.conference.engine.handle(media::CapturePackets{here, id, 1min, 2000}, rooms.conference.now());
    rooms.conference.run(3s);
    const auto events = rooms.conference.events<media::PacketsCaptured>();
    CHECK(events.back().last);
    std::size_t octets = 0;
    for (std::size_t i = before; i < events.size(); ++i)
        for (const auto& packet : events[i].packets) octets += packet.bytes.size();
    CHECK(octets <= 2000);
    CHECK(octets > 1500);
}
