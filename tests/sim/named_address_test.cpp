// What goes to an address that a caller nobody knows has merely named.
#include "media/named_address.hpp"

#include <doctest/doctest.h>

#include "rtp/rtcp_feedback.hpp"
#include "rtp/rtcp_packet.hpp"
#include "tests/sim/conference.hpp"
#include "tests/sim/video_conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

struct Named {
    Named() {
        conference.join(phone_with(AudioCodec::pcmu, tone(440)));
        auto options = phone_with(AudioCodec::pcmu, tone(900));
        options.sends = false;
        victim = &conference.make_phone(options);
        leg = victim->leg();
        leg.only_named = true;
        conference.enter(*victim, leg);
    }
    std::size_t packets_in(Duration time) {
        const std::size_t before = victim->packets().size();
        conference.run(time);
        return victim->packets().size() - before;
    }
    Conference conference;
    Phone* victim = nullptr;
    media::AudioLeg leg;
};

constexpr std::size_t octets = rtp::rtp_header_size + 160;
const Endpoint bystander = *Endpoint::parse("203.0.113.99:4000");
const Endpoint bystanders_rtcp = *Endpoint::parse("203.0.113.99:4001");

media::VideoRoomSettings one_picture() {
    media::VideoRoomSettings settings;
    settings.view = media::VideoViewMode::shared;
    return settings;
}

// What has come there since it was last looked at.
std::vector<Datagram> take_all(VirtualNetwork& network, const Endpoint& at) {
    std::vector<Datagram> all;
    while (auto datagram = network.receive(at)) all.push_back(std::move(*datagram));
    return all;
}
std::size_t octets_of(const std::vector<Datagram>& all) {
    std::size_t sum = 0;
    for (const Datagram& datagram : all) sum += datagram.bytes.size();
    return sum;
}

}  // namespace

TEST_CASE("to an address that was merely named goes next to nothing, however long the call stands") {
    Named named;
    const std::size_t at_once = named.packets_in(2s);
    CHECK(at_once * octets <=
          media::NamedAddress::octets_at_once + 2 * media::NamedAddress::octets_per_second);
    CHECK(at_once > 20);
    const std::size_t later = named.packets_in(120s);
    CHECK(later * octets <= 120 * media::NamedAddress::octets_per_second + octets);  // what was left over
    CHECK(later >= 10);
    CHECK(named.conference.events<media::MediaStarted>().size() == 1);
}

TEST_CASE("one packet from there ends the reserve, and for good: who listens silently goes on hearing") {
    Named named;
    named.conference.run(5s);
    named.victim->mute(false);
    named.conference.run(100ms);
    named.victim->mute(true);
    CHECK(named.packets_in(60s) == 3000);
}

TEST_CASE("a report alone shows the address as well") {
    Named named;
    named.conference.run(5s);
    named.victim->send_report(named.conference.now());
    named.conference.run(100ms);
    CHECK(named.packets_in(10s) == 500);
}

TEST_CASE("another address named in the same call begins anew") {
    Named named;
    named.victim->mute(false);
    named.conference.run(1s);
    named.victim->mute(true);
    media::AudioLeg elsewhere = named.leg;
    elsewhere.remote_rtp.address = elsewhere.remote_rtcp.address = *IpAddress::parse("203.0.113.99");
    const auto before = named.conference.engine.counters().packets_sent;
    named.conference.update(*named.victim, elsewhere);
    named.conference.run(20s);
    // The talker's own 1000, and the reserve.
    CHECK(named.conference.engine.counters().packets_sent - before < 1000 + 35);
}

TEST_CASE("pictures wait for a sign as well, and begin with a whole one") {
    VideoConference conference(one_picture());
    conference.join({});
    VideoPhoneOptions silent;
    silent.films = silent.feedback = false;
    VideoPhone& victim = conference.join(silent);
    media::VideoLeg leg = victim.leg();
    leg.only_named = true;
    conference.update(victim, leg);
    conference.run(20s);
    CHECK(victim.octets <= media::NamedAddress::octets_at_once + 20 * media::NamedAddress::octets_per_second);
    const int before = victim.pictures;
    victim.report();
    conference.run(500ms);
    CHECK(victim.pictures - before >= 10);

    // His sound has shown him to the focus, which says so.
    VideoPhone& other = conference.join(silent);
    leg = other.leg();
    leg.only_named = true;
    conference.update(other, leg);
    conference.run(5s);
    const int pictures = other.pictures;
    leg.only_named = false;
    conference.update(other, leg);
    conference.run(500ms);
    CHECK(other.pictures - pictures >= 10);
}

TEST_CASE("who is not where his SDP says is asked for a keyframe where his pictures come from") {
    for (const bool lies : {false, true}) {
        VideoConference conference(one_picture());
        conference.join({});
        VideoPhone& behind_nat = conference.join({});
        media::VideoLeg leg = behind_nat.leg();
        leg.signaling_source = behind_nat.address().address;
        if (lies) leg.remote_rtp.address = leg.remote_rtcp.address = bystander.address;
        leg.only_named = lies;
        conference.update(behind_nat, leg);
        conference.run(1s);
        LinkFaults faults;
        faults.loss = 0.1;
        conference.impair(behind_nat, faults);
        conference.run(3s);
        CAPTURE(lies);
        CHECK(behind_nat.keyframes_asked > 1);
        CHECK(take_all(conference.network, {bystander.address, leg.remote_rtcp.port}).empty());
    }
}

TEST_CASE("who has moved where nothing has come from has nothing repeated there") {
    VideoConference conference(one_picture());
    conference.join({});
    VideoPhoneOptions options;
    options.nack = true;
    VideoPhone& asker = conference.join(options);
    conference.run(3s);
    asker.ask_again();
    asker.film(false);
    conference.run(200ms);
    media::VideoLeg leg = asker.leg();
    leg.only_named = true;
    leg.remote_rtp = bystander;  // his RTCP stays where it was
    conference.update(asker, leg);
    for (int i = 0; i < 250; ++i) {
        asker.ask_again();
        conference.run(20ms);
    }
    CHECK(octets_of(take_all(conference.network, bystander)) <=
          media::NamedAddress::octets_at_once + 5 * media::NamedAddress::octets_per_second);
    conference.leave(asker);
    conference.run(20ms);
    const auto ended = conference.events<media::VideoEnded>();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].quality.packets_repeated > 0);  // to himself, before
    CHECK(ended[0].quality.packets_repeated <= 32);
}

TEST_CASE("packets from elsewhere make no keyframes for an address that was merely named") {
    VideoConference conference(one_picture());
    VideoPhone& watcher = conference.join({});
    VideoPhoneOptions silent;
    silent.films = silent.feedback = false;
    VideoPhone& named = conference.join(silent);
    media::VideoLeg leg = named.leg();
    leg.only_named = true;
    leg.remote_rtp = bystander;  // his RTCP is his own
    conference.update(named, leg);
    conference.run(30s);
    const int before = watcher.keyframes;
    for (int i = 0; i < 100; ++i) {
        named.report();
        conference.run(100ms);
    }
    CHECK(watcher.keyframes - before <= 2);
}

TEST_CASE(
    "an address named for RTCP alone gets timed reports and no feedback until something comes from it") {
    VideoConference conference(one_picture());
    conference.join({});
    VideoPhoneOptions options;
    options.nack = true;
    VideoPhone& filmer = conference.join(options);
    media::VideoLeg leg = filmer.leg();
    leg.only_named = true;
    leg.remote_rtcp = bystanders_rtcp;
    conference.update(filmer, leg);
    LinkFaults lossy;
    lossy.loss = 0.1;
    conference.impair(filmer, lossy);
    conference.run(20s);
    const auto reports = take_all(conference.network, bystanders_rtcp);
    CHECK(reports.size() >= 5);
    CHECK(reports.size() <= 30);
    int feedback = 0;
    for (const Datagram& datagram : reports) {
        rtp::RtcpReader reader(datagram.bytes);
        while (const auto block = reader.next()) feedback += std::holds_alternative<rtp::Feedback>(*block);
    }
    CHECK(feedback == 0);
    filmer.report();
    conference.run(5s);
    CHECK(filmer.nacks > 0);
}

TEST_CASE("reports from elsewhere do not hide what has shown itself") {
    Named named;
    named.leg.remote_rtcp = bystanders_rtcp;
    named.conference.update(*named.victim, named.leg);
    named.victim->mute(false);
    named.conference.run(1s);
    named.victim->mute(true);
    const Endpoint server = named.conference.server_address(*named.victim);
    std::array<std::uint8_t, 64> buffer;
    ByteWriter out(buffer);
    rtp::write_receiver_report(out, 4711, nullptr);
    rtp::write_source_description(out, 4711, "elsewhere");
    named.conference.network.send(
        bystanders_rtcp, {server.address, static_cast<std::uint16_t>(server.port + 1)}, out.written());
    named.conference.run(100ms);
    CHECK(named.packets_in(60s) == 3000);
}

TEST_CASE("who moves and talks from there is told of again, once") {
    Named named;
    named.victim->mute(false);
    named.conference.run(1s);
    named.victim->mute(true);
    named.conference.run(100ms);
    CHECK(named.conference.events<media::SoundMoved>().empty());
    named.leg.remote_rtp = bystander;
    named.conference.update(*named.victim, named.leg);
    std::array<std::uint8_t, octets> packet{0x80};
    packet[11] = 1;  // of its SSRC
    for (std::uint8_t sequence = 1; sequence <= 5; ++sequence) {
        packet[3] = sequence;
        packet[7] = static_cast<std::uint8_t>(sequence * 20);
        named.conference.network.send(bystander, named.conference.server_address(*named.victim), packet);
        named.conference.run(20ms);
    }
    const auto moved = named.conference.events<media::SoundMoved>();
    REQUIRE(moved.size() == 1);
    CHECK(moved[0].source == bystander);
}

TEST_CASE("a keep-alive nobody hears shows the address, from exactly the endpoint that was named") {
    constexpr std::uint8_t unknown_type = 20;  // RFC 6263 §4.6
    // Comfort noise was not listed, and he never spoke.
    for (const std::uint8_t type : {unknown_type, comfort_noise_type}) {
        CAPTURE(type);
        Named named;
        named.leg.comfort_noise.clear();
        named.conference.update(*named.victim, named.leg);
        named.conference.run(5s);
        std::array<std::uint8_t, rtp::rtp_header_size + 1> keep_alive{0x80, type, 0, 1};
        keep_alive[rtp::rtp_header_size] = 60;
        Endpoint beside = named.victim->address();
        beside.port += 10;
        named.conference.network.send(beside, named.conference.server_address(*named.victim), keep_alive);
        named.conference.run(100ms);
        CHECK(named.packets_in(10s) < 5);
        named.victim->send_raw(keep_alive);
        named.conference.run(100ms);
        CHECK(named.packets_in(10s) == 500);
    }
}
