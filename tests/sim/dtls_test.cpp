// DTLS-SRTP and ICE in a room: handshakes beside people who talk, strangers, re-INVITEs, nomination.
#include <doctest/doctest.h>

#include <algorithm>

#include "media/named_address.hpp"
#include "rtp/classify.hpp"
#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

const rtp::DtlsIdentity& phone_identity(std::uint64_t seed = 1) {
    static std::map<std::uint64_t, std::unique_ptr<rtp::DtlsIdentity>> made;
    auto& identity = made[seed];
    if (!identity) {
        SeededRandom random(seed);
        identity = rtp::DtlsIdentity::make(random);
    }
    return *identity;
}

rtp::DtlsSession::Config config_of(rtp::DtlsRole role) {
    rtp::DtlsSession::Config config;
    config.role = role;
    config.peer = Conference::identity().fingerprint();
    return config;
}

PhoneOptions phone_with(Signal signal) {
    PhoneOptions options;
    options.signal = std::move(signal);
    options.phase = 3ms;
    options.rtcp_mux = true;
    options.sends = false;
    return options;
}

media::AudioLeg dtls_leg(const Phone& phone, bool we_begin = false, std::uint64_t seed = 1) {
    media::AudioLeg leg = phone.leg();
    leg.dtls = DtlsPeer{phone_identity(seed).fingerprint(), we_begin};
    return leg;
}

// The phone begins; its first frame goes out when it has keys.
void secure(Conference& conference, Phone& phone, rtp::DtlsRole role = rtp::DtlsRole::active,
            std::uint64_t seed = 1) {
    phone.shake_hands(phone_identity(seed), config_of(role), conference.now());
    for (int turns = 0; turns < 20 && !phone.is_secured(); ++turns) conference.run(20ms);
    REQUIRE(phone.is_secured());
    conference.run(40ms);
    phone.mute(false);
}

double heard(const Phone& phone, double hz) {
    return decibel(tone_amplitude(phone.heard_last(400ms), hz, phone.rate_hz()) / loud);
}

media::LegQuality quality_of(Conference& conference, const Phone& phone) {
    conference.leave(phone);
    conference.run(40ms);
    return conference.events<media::LegEnded>().back().quality;
}

const IcePair ice{{"ours1234", "our-password-of-26-letters"}, {"theirs12", "their-password-26-letters"}};

}  // namespace

TEST_CASE("a phone that shakes hands is heard, and hears, by SRTP alone, whoever begins") {
    for (bool we_begin : {false, true}) {
        CAPTURE(we_begin);
        Conference conference;
        Phone& talker = conference.make_phone(phone_with(tone(440, loud)));
        PhoneOptions plain = phone_with(silence());
        plain.sends = true;
        Phone& listener = conference.join(plain);
        conference.enter(talker, dtls_leg(talker, we_begin));
        secure(conference, talker, we_begin ? rtp::DtlsRole::passive : rtp::DtlsRole::active);
        conference.run(1s);
        CHECK(heard(listener, 440) > -1);
        const auto done = conference.events<media::HandshakeDone>();
        REQUIRE(done.size() == 1);
        CHECK(done[0].suite == SrtpSuite::aead_aes_128_gcm);
        for (const auto& datagram : talker.on_the_wire()) CHECK(datagram.size() == 12 + 160 + 16);
        const auto quality = quality_of(conference, talker);
        CHECK(quality.srtp == SrtpSuite::aead_aes_128_gcm);
        CHECK(quality.packets_lost == 0);
        CHECK(quality.packets_discarded == 0);
    }
}

TEST_CASE("before the keys nothing is sent and nothing is taken in the clear") {
    Conference conference;
    PhoneOptions talking = phone_with(tone(1000, loud));
    talking.sends = true;
    Phone& liar = conference.make_phone(talking);
    Phone& listener = conference.join(phone_with(silence()));
    conference.enter(liar, dtls_leg(liar));
    conference.run(1s);
    CHECK(heard(listener, 1000) < -45);
    CHECK(liar.packets().empty());
    CHECK(quality_of(conference, liar).packets_received == 0);
}

TEST_CASE("a hundred handshakes at once: everyone is served, and no tick waits for more than one step") {
    Conference conference;
    PhoneOptions talking = phone_with(tone(440, loud));
    talking.sends = true;
    conference.join(talking);
    std::vector<Phone*> phones;
    for (int n = 0; n < 100; ++n) {
        phones.push_back(&conference.make_phone(phone_with(silence())));
        conference.enter(*phones.back(), dtls_leg(*phones.back()));
    }
    for (Phone* phone : phones)
        phone->shake_hands(phone_identity(), config_of(rtp::DtlsRole::active), conference.now());
    for (int turns = 0; turns < 50; ++turns) conference.run(20ms);
    CHECK(std::ranges::all_of(phones, [](const Phone* p) { return p->is_secured(); }));
    CHECK(conference.events<media::HandshakeDone>().size() == 100);
    CHECK(conference.engine.counters().late_ticks == 0);
}

TEST_CASE("a re-INVITE without change keeps the keys; another fingerprint brings another handshake, no gap") {
    Conference conference;
    PhoneOptions plain = phone_with(silence());
    plain.sends = true;
    Phone& listener = conference.join(plain);
    Phone& talker = conference.make_phone(phone_with(tone(440, loud)));
    conference.enter(talker, dtls_leg(talker));
    secure(conference, talker);
    conference.run(500ms);
    conference.update(talker, dtls_leg(talker));
    auto held = dtls_leg(talker);
    held.sends = false;
    conference.update(talker, held);
    conference.update(talker, dtls_leg(talker));
    conference.run(1s);
    CHECK(heard(listener, 440) > -1);
    CHECK(conference.events<media::HandshakeDone>().size() == 1);

    conference.update(talker, dtls_leg(talker, false, 2));
    conference.run(100ms);
    CHECK(heard(listener, 440) > -1);  // under the keys that stand
    talker.shake_hands(phone_identity(2), config_of(rtp::DtlsRole::active), conference.now());
    for (int turns = 0; turns < 10; ++turns) conference.run(20ms);
    CHECK(conference.events<media::HandshakeDone>().size() == 2);
    conference.run(1s);
    CHECK(heard(listener, 440) > -1);
    const auto quality = quality_of(conference, talker);
    CHECK(quality.packets_lost == 0);
    CHECK(quality.frames_concealed == 0);
}

TEST_CASE("a second association with the same certificate: other keys, and no gap meanwhile") {
    Conference conference;
    Phone& listener = conference.join(phone_with(silence()));
    Phone& talker = conference.make_phone(phone_with(tone(440, loud)));
    conference.enter(talker, dtls_leg(talker));
    secure(conference, talker);
    conference.run(500ms);
    auto second = dtls_leg(talker);
    second.dtls->association = 1;
    conference.update(talker, second);
    conference.run(500ms);
    CHECK(heard(listener, 440) > -1);  // under the keys that stand
    talker.shake_hands(phone_identity(1), config_of(rtp::DtlsRole::active), conference.now());
    for (int turns = 0; turns < 10; ++turns) conference.run(20ms);
    CHECK(conference.events<media::HandshakeDone>().size() == 2);
    conference.run(1s);
    CHECK(heard(listener, 440) > -1);
    const auto quality = quality_of(conference, talker);
    CHECK(quality.packets_lost == 0);
    CHECK(quality.packets_forged == 0);
}

TEST_CASE("a certificate that is not the description's gets no keys, and is told") {
    Conference conference;
    Phone& caller = conference.make_phone(phone_with(tone(1000, loud)));
    Phone& listener = conference.join(phone_with(silence()));
    conference.enter(caller, dtls_leg(caller, false, 2));  // he shows 1
    caller.shake_hands(phone_identity(1), config_of(rtp::DtlsRole::active), conference.now());
    for (int turns = 0; turns < 10; ++turns) conference.run(20ms);
    caller.mute(false);
    conference.run(500ms);
    const auto done = conference.events<media::HandshakeDone>();
    REQUIRE(done.size() == 1);
    CHECK(!done[0].suite);
    CHECK(std::string(done[0].failure).find("certificate") != std::string::npos);
    CHECK(heard(listener, 1000) < -45);
    // The right one, a second later, is still welcome.
    conference.run(1500ms);
    caller.mute(true);
    caller.shake_hands(phone_identity(2), config_of(rtp::DtlsRole::active), conference.now());
    for (int turns = 0; turns < 10; ++turns) conference.run(20ms);
    CHECK(caller.is_secured());
}

TEST_CASE("a stranger's handshake from another address is not even begun") {
    Conference conference;
    Phone& caller = conference.make_phone(phone_with(silence()));
    conference.enter(caller, dtls_leg(caller));
    Phone stranger(conference.network, *Endpoint::parse("198.51.100.9:4000"), phone_with(silence()), 5);
    stranger.call(conference.server_address(caller), conference.now());
    stranger.shake_hands(phone_identity(), config_of(rtp::DtlsRole::active), conference.now());
    for (int turns = 0; turns < 10; ++turns) {
        conference.run(20ms);
        stranger.listen();
    }
    CHECK(!stranger.is_secured());
    CHECK(conference.network.receive(stranger.address()) == std::nullopt);
    secure(conference, caller);  // the true one is not disturbed
    CHECK(conference.events<media::HandshakeDone>().size() == 1);
}

TEST_CASE("ICE: handshake and media go where the checks come from, and follow a nomination") {
    Conference conference;
    PhoneOptions plain = phone_with(tone(1000, loud));
    plain.sends = true;
    Phone& listener = conference.join(plain);
    Phone& browser = conference.make_phone(phone_with(tone(440, loud)));
    auto leg = dtls_leg(browser);
    leg.ice = ice;
    leg.remote_rtp = {};  // as trickle ICE says
    conference.enter(browser, leg);
    // Nothing of a handshake without a check.
    browser.shake_hands(phone_identity(), config_of(rtp::DtlsRole::active), conference.now());
    conference.run(100ms);
    CHECK(!browser.is_secured());
    browser.check(browser.address(), ice, false);
    conference.run(40ms);
    CHECK(browser.checks_answered == 1);
    browser.check(browser.address(), ice, true);
    conference.run(40ms);
    secure(conference, browser);
    conference.run(1s);
    CHECK(heard(listener, 440) > -1);
    CHECK(heard(browser, 1000) > -1);

    // The browser moves to another network: what it nominates from there is where our packets go.
    const Endpoint elsewhere = *Endpoint::parse("198.51.100.7:6000");
    browser.check(elsewhere, ice, true);
    conference.run(500ms);
    int there = 0;
    while (conference.network.receive(elsewhere)) ++there;
    CHECK(there > 10);
}

TEST_CASE("ICE: a stranger's checks and packets change nothing, and without consent we fall silent") {
    Conference conference;
    PhoneOptions plain = phone_with(tone(1000, loud));
    plain.sends = true;
    conference.join(plain);
    Phone& browser = conference.make_phone(phone_with(tone(440, loud)));
    auto leg = dtls_leg(browser);
    leg.ice = ice;
    conference.enter(browser, leg);
    browser.check(browser.address(), ice, true);
    conference.run(40ms);
    secure(conference, browser);
    conference.run(500ms);
    IcePair wrong = ice;
    wrong.ours.password = "a-password-of-a-stranger-x";
    const Endpoint stranger = *Endpoint::parse("198.51.100.7:6000");
    browser.check(stranger, wrong, true);
    conference.run(500ms);
    int there = 0;
    while (conference.network.receive(stranger)) ++there;
    CHECK(there == 1);  // 401
    CHECK(heard(browser, 1000) > -1);
    conference.run(31s);
    browser.forget();
    conference.run(1s);
    CHECK(browser.packets().empty());
    browser.check(browser.address(), ice, false);
    conference.run(2s);
    CHECK(browser.packets().size() > 30);
}

TEST_CASE("a secured room takes nothing from the heap per tick") {
    Conference conference;
    for (int n = 0; n < 4; ++n) {
        Phone& phone = conference.make_phone(phone_with(tone(400 + 100 * n, loud / 4)));
        conference.enter(phone, dtls_leg(phone));
        secure(conference, phone);
    }
    conference.run(2s);
    conference.count_engine_allocations = true;
    conference.run(4s);
    CHECK(conference.engine_ticks_counted >= 190);
    CHECK(conference.engine_allocations == 0);
}

TEST_CASE("a handshake shows the address that was merely named, and who is silent after it hears all") {
    Conference conference;
    conference.join(sim::phone_with(AudioCodec::pcmu, tone(440)));
    Phone& phone = conference.make_phone(phone_with(silence()));
    media::AudioLeg leg = dtls_leg(phone);
    leg.only_named = true;
    conference.enter(phone, leg);
    phone.shake_hands(phone_identity(), config_of(rtp::DtlsRole::active), conference.now());
    for (int turns = 0; turns < 20 && !phone.is_secured(); ++turns) conference.run(20ms);
    REQUIRE(phone.is_secured());
    conference.run(100ms);
    const std::size_t before = phone.packets().size();
    conference.run(10s);
    CHECK(phone.packets().size() - before == 500);
}

TEST_CASE("where we begin, an address that was merely named is sent no more handshakes than media") {
    const Endpoint bystander = *Endpoint::parse("203.0.113.99:4000");
    for (const bool only_named : {true, false}) {
        Conference conference;
        Phone& phone = conference.make_phone(phone_with(silence()));
        media::AudioLeg leg = dtls_leg(phone, true);
        leg.remote_rtp = leg.remote_rtcp = bystander;
        leg.only_named = only_named;
        conference.enter(phone, leg);
        const TimePoint from = conference.now();
        std::size_t octets = 0;
        // Each re-INVITE names another certificate, and so begins another handshake.
        for (std::uint64_t n = 0; n < 60; ++n) {
            leg.dtls->fingerprint = phone_identity(1 + n % 2).fingerprint();
            conference.update(phone, leg);
            conference.run(100ms);
            while (const auto datagram = conference.network.receive(bystander))
                octets += datagram->bytes.size();
        }
        const double seconds = std::chrono::duration<double>(conference.now() - from).count();
        const double most =
            media::NamedAddress::octets_at_once + seconds * media::NamedAddress::octets_per_second;
        CHECK(octets > 1000);
        CHECK((static_cast<double>(octets) <= most) == only_named);
    }
}

TEST_CASE(
    "once its cookie came back a handshake stays where it is: a forged datagram turns no flight to somebody else") {
    const Endpoint caller = *Endpoint::parse("198.51.100.7:6000");
    const Endpoint bystander = *Endpoint::parse("203.0.113.99:4000");
    Conference conference;
    Phone& phone = conference.make_phone(phone_with(silence()));
    media::AudioLeg leg = dtls_leg(phone);
    leg.remote_rtp = leg.remote_rtcp = bystander;
    leg.signaling_source = caller.address;
    conference.enter(phone, leg);
    const Endpoint server = conference.server_address(phone);

    const auto client =
        rtp::DtlsSession::make(phone_identity(), config_of(rtp::DtlsRole::active), conference.now());
    client->start(conference.now());
    const auto say_from = [&](const Endpoint& source) {
        for (const auto& datagram : client->take_datagrams())
            conference.network.send(source, server, datagram);
        conference.run(40ms);
    };
    const auto hear = [&] {
        while (const auto datagram = conference.network.receive(caller))
            if (rtp::classify(datagram->bytes) == rtp::DatagramKind::dtls)
                client->handle(datagram->bytes, server, conference.now());
    };
    say_from(caller);  // a hello
    hear();
    say_from(caller);  // the hello with the cookie
    hear();
    say_from(bystander);  // certificate, key and Finished
    hear();
    CHECK(client->state() == rtp::DtlsState::established);
    while (const auto datagram = conference.network.receive(bystander))
        CHECK(rtp::classify(datagram->bytes) != rtp::DatagramKind::dtls);
}
