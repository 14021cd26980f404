// A port that sound shares with video (RFC 9143): what the media worker hands over, and what it says.
#include <doctest/doctest.h>

#include <algorithm>

#include "media/packet_ring.hpp"
#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;
constexpr media::RoomId room{1};
const IcePair ice{{"ours1234", "our-password-of-26-letters"}, {"theirs12", "their-password-26-letters"}};

const rtp::DtlsIdentity& browser_identity() {
    static const auto identity = [] {
        SeededRandom random(1);
        return rtp::DtlsIdentity::make(random);
    }();
    return *identity;
}

// A browser that talks, on a port that is shared, and somebody who hears it.
struct Call {
    Call() {
        PhoneOptions options;
        options.signal = silence();
        listener = &conference.join(options);
        options.signal = tone(440, loud);
        options.phase = 3ms;
        options.rtcp_mux = true;
        options.sends = false;
        browser = &conference.make_phone(options);
        auto leg = browser->leg();
        leg.dtls = DtlsPeer{browser_identity().fingerprint(), false};
        leg.ice = ice;
        leg.remote_rtp = {};
        conference.enter(*browser, leg);
        share(ring);
    }
    void share(std::shared_ptr<media::PacketRing> with) {
        conference.engine.handle(media::SharePort{room, conference.id_of(*browser), std::move(with)},
                                 conference.now());
    }
    void secure() {
        rtp::DtlsSession::Config config;
        config.role = rtp::DtlsRole::active;
        config.peer = Conference::identity().fingerprint();
        browser->check(browser->address(), ice, true);
        conference.run(40ms);
        browser->shake_hands(browser_identity(), config, conference.now());
        for (int turns = 0; turns < 20 && !browser->is_secured(); ++turns) conference.run(20ms);
        REQUIRE(browser->is_secured());
        conference.run(40ms);
        browser->mute(false);
    }
    void send(std::uint8_t payload_type, std::uint8_t mark) { send(payload_type, mark, browser->address()); }
    void send(std::uint8_t payload_type, std::uint8_t mark, const Endpoint& from) {
        std::vector<std::uint8_t> packet(500, mark);
        packet[0] = 0x80;
        packet[1] = payload_type;
        conference.network.send(from, conference.server_address(*browser), packet);
    }
    // The payload types of what was handed over.
    std::vector<int> taken() {
        std::vector<int> out;
        std::array<std::uint8_t, 2048> buffer;
        while (ring->pop(buffer)) out.push_back(buffer[1]);
        return out;
    }

    Conference conference;
    std::shared_ptr<media::PacketRing> ring = std::make_shared<media::PacketRing>();
    Phone* listener = nullptr;
    Phone* browser = nullptr;
};

}  // namespace

TEST_CASE("who shares a port is told where the peer is and the keys, as soon as they are known") {
    Call call;
    call.conference.run(40ms);
    auto told = call.conference.events<media::SharedPath>();
    REQUIRE(told.size() == 1);
    CHECK_FALSE(told[0].peer);
    CHECK_FALSE(told[0].keys);
    call.secure();
    told = call.conference.events<media::SharedPath>();
    REQUIRE(told.size() >= 2);
    CHECK(told.back().peer == call.browser->address());
    CHECK(told.back().keys);
    const std::size_t before = told.size();
    call.conference.run(3s);
    CHECK(call.conference.events<media::SharedPath>().size() == before);

    const Endpoint elsewhere = *Endpoint::parse("198.51.100.7:6000");
    call.browser->check(elsewhere, ice, true);
    call.conference.run(40ms);
    CHECK(call.conference.events<media::SharedPath>().back().peer == elsewhere);
    // No more checks: he does not consent any more (RFC 7675).
    call.conference.run(33s);
    CHECK_FALSE(call.conference.events<media::SharedPath>().back().peer);
}

TEST_CASE("what is not sound's is handed over unopened and in order, and the sound has no gap") {
    Call call;
    call.secure();
    call.conference.run(500ms);
    call.taken();
    for (int burst = 0; burst < 25; ++burst) {
        for (std::uint8_t n = 0; n < 40; ++n) call.send(96, n);
        call.conference.run(40ms);
        std::array<std::uint8_t, 2048> buffer;
        for (std::uint8_t n = 0; n < 40; ++n) {
            const auto received = call.ring->pop(buffer);
            REQUIRE(received);
            CHECK(received->size == 500);
            CHECK(received->source == call.browser->address());
            CHECK(buffer[100] == n);
        }
    }
    call.conference.run(400ms);
    CHECK(decibel(tone_amplitude(call.listener->heard_last(400ms), 440, call.listener->rate_hz()) / loud) >
          -1);
    call.conference.leave(*call.browser);
    call.conference.run(40ms);
    const auto quality = call.conference.events<media::LegEnded>().back().quality;
    CHECK(quality.packets_lost == 0);
    CHECK(quality.frames_concealed == 0);
    CHECK(quality.packets_discarded == 0);
}

TEST_CASE("what strangers send is not handed over, and counted; so is what finds no place") {
    Call call;
    call.secure();
    call.conference.run(100ms);
    call.taken();
    const Endpoint stranger = *Endpoint::parse("203.0.113.66:6000");
    for (int n = 0; n < 20; ++n) call.send(96, 0, stranger);
    for (int n = 0; n < 20; ++n) call.send(200, 0, stranger);
    call.conference.run(100ms);
    const auto taken = call.taken();
    CHECK(std::ranges::count(taken, 96) == 0);
    CHECK(std::ranges::count(taken, 200) == 0);
    for (int burst = 0; burst < 7; ++burst) {
        for (int n = 0; n < 20; ++n) call.send(96, 0);
        call.conference.run(20ms);
    }
    call.conference.run(40ms);
    call.conference.leave(*call.browser);
    call.conference.run(40ms);
    const auto left = static_cast<std::uint64_t>(std::ranges::count(call.taken(), 96));
    CHECK(left <= media::PacketRing::slots);
    // RTCP is also the sound's own, which refuses it for itself.
    CHECK(call.conference.events<media::LegEnded>().back().quality.packets_discarded >= 40 + 140 - left);
}

TEST_CASE("RTCP goes to both, and nothing is handed over any more once the port is not shared") {
    Call call;
    call.secure();
    call.conference.run(100ms);
    call.taken();
    call.send(200, 0);  // an SR, as far as its first octets tell
    call.conference.run(40ms);
    const auto taken = call.taken();
    CHECK(std::ranges::count(taken, 200) > 0);
    CHECK(std::ranges::count(taken, 0) == 0);  // his sound is nobody else's
    call.share(nullptr);
    call.send(96, 0);
    call.send(200, 0);
    call.conference.run(40ms);
    CHECK(call.taken().empty());
}
