// SRTP in a room: heard as without, by nobody else, across refreshes, new keys and forgeries.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/sim/allocation_count.hpp"
#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

SrtpKey key_of(SrtpSuite suite, std::uint8_t fill) {
    SrtpKey key;
    key.suite = suite;
    std::fill_n(key.bytes.begin(), key.size(), fill);
    return key;
}

SrtpKeys keys_of(SrtpSuite suite, std::uint8_t fill) {
    return {key_of(suite, fill), key_of(suite, static_cast<std::uint8_t>(fill + 1))};
}

PhoneOptions phone_with(Signal signal, std::optional<SrtpKeys> srtp = std::nullopt) {
    PhoneOptions options;
    options.signal = std::move(signal);
    options.phase = 3ms;
    options.srtp = srtp;
    return options;
}

double heard(const Phone& phone, double hz) {
    return decibel(tone_amplitude(phone.heard_last(400ms), hz, phone.rate_hz()) / loud);
}

media::LegQuality quality_of(Conference& conference, const Phone& phone) {
    conference.leave(phone);
    conference.run(40ms);
    return conference.events<media::LegEnded>().back().quality;
}

}  // namespace

TEST_CASE("every suite and the clear mix in one room") {
    Conference conference;
    std::vector<Phone*> phones;
    std::uint8_t fill = 1;
    for (SrtpSuite suite : {SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aes_cm_128_hmac_sha1_32,
                            SrtpSuite::aes_256_cm_hmac_sha1_80, SrtpSuite::aes_256_cm_hmac_sha1_32,
                            SrtpSuite::aead_aes_128_gcm, SrtpSuite::aead_aes_256_gcm}) {
        phones.push_back(
            &conference.join(phone_with(tone(300 + 100 * fill, loud / 8), keys_of(suite, fill))));
        ++fill;
    }
    phones.push_back(&conference.join(phone_with(tone(300 + 100 * fill, loud / 8))));
    conference.run(1s);
    for (Phone* phone : phones) phone->send_report(conference.now());
    conference.run(7s);  // long enough for a report of ours
    for (std::size_t i = 0; i < phones.size(); ++i) {
        CAPTURE(i);
        for (std::size_t j = 0; j < phones.size(); ++j) {
            const double level = heard(*phones[i], 400 + 100 * static_cast<double>(j)) + 18.06;
            if (i == j)  // what is left is PCMU's own noise at this level
                CHECK(level < -30);
            else
                CHECK(std::abs(level) < 1);
        }
        CHECK(phones[i]->sequence_breaks() == 0);
        CHECK(phones[i]->rtcp_received > 0);
    }
    for (std::size_t i = 0; i < phones.size(); ++i) {
        CAPTURE(i);
        const auto quality = quality_of(conference, *phones[i]);
        CHECK(quality.packets_discarded == 0);
        CHECK(quality.srtp.has_value() == (i + 1 < phones.size()));
    }
}

TEST_CASE("under SRTP sound is what it is in the clear, sample for sample") {
    const auto heard_under = [](std::optional<SrtpSuite> suite) {
        Conference conference;
        const auto keys = [&](std::uint8_t fill) {
            return suite ? std::optional(keys_of(*suite, fill)) : std::nullopt;
        };
        conference.join(phone_with(tone(440, loud), keys(1)));
        conference.join(phone_with(tone(900, loud), keys(2)));
        Phone& listener = conference.join(phone_with(silence(), keys(3)));
        conference.run(3s);
        return listener.heard();
    };
    const auto clear = heard_under(std::nullopt);
    REQUIRE(clear.size() > 2 * 8000);
    for (const SrtpSuite suite : {SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aead_aes_256_gcm})
        CHECK(heard_under(suite) == clear);
}

TEST_CASE("nothing of an encrypted leg goes in the clear, nor is taken from there") {
    Conference conference;
    Phone& talker = conference.join(phone_with(tone(440, loud)));
    Phone& listener = conference.join(phone_with(silence(), keys_of(SrtpSuite::aead_aes_128_gcm, 1)));
    auto plain = phone_with(tone(1000, loud));
    Phone& liar = conference.make_phone(plain);  // agreed on SRTP, sends without
    auto leg = liar.leg();
    leg.srtp = keys_of(SrtpSuite::aes_cm_128_hmac_sha1_80, 9);
    conference.enter(liar, leg);
    conference.run(1s);
    CHECK(heard(listener, 440) > -1);
    CHECK(heard(talker, 1000) < -45);
    // 160 octets of a tone in PCMU and the tag of the suite: never the payload's size alone, never its
    // octets.
    REQUIRE(!listener.on_the_wire().empty());
    for (const auto& datagram : listener.on_the_wire()) CHECK(datagram.size() == 12 + 160 + 16);
    const auto quality = quality_of(conference, liar);
    CHECK(quality.packets_received == 0);
    CHECK(quality.packets_forged > 40);
}

TEST_CASE("a refresh with the same keys is not heard; new keys are taken over without a gap") {
    Conference conference;
    const auto keys = keys_of(SrtpSuite::aes_cm_128_hmac_sha1_80, 1);
    Phone& talker = conference.join(phone_with(tone(440, loud), keys));
    Phone& listener = conference.join(phone_with(silence(), keys_of(SrtpSuite::aead_aes_256_gcm, 5)));
    conference.run(1s);
    conference.update(talker, talker.leg());
    conference.run(1s);
    CHECK(heard(listener, 440) > -1);

    // The answer is on its way for 100 ms: the phone still sends under the former key.
    const auto next = keys_of(SrtpSuite::aead_aes_128_gcm, 50);
    auto leg = talker.leg();
    leg.srtp = SrtpKeys{next.receive, next.send};
    conference.update(talker, leg);
    conference.run(100ms);
    talker.rekey(next);
    conference.run(1s);
    CHECK(heard(listener, 440) > -1);
    conference.run(1s);
    const auto quality = quality_of(conference, talker);
    CHECK(quality.packets_lost == 0);
    CHECK(quality.frames_concealed == 0);
    CHECK(quality.packets_forged == 0);
    CHECK(quality.srtp == SrtpSuite::aead_aes_128_gcm);
}

TEST_CASE(
    "a stranger at the caller's own address latches nothing, even while his port is still to be learnt") {
    Conference conference;
    Phone& listener = conference.join(phone_with(silence()));
    Phone& caller =
        conference.make_phone(phone_with(tone(440, loud), keys_of(SrtpSuite::aead_aes_128_gcm, 1)));
    auto leg = caller.leg();
    leg.remote_rtp.port = 9;  // behind NAT the SDP's port is not where he sends from
    conference.enter(caller, leg);
    caller.mute(true);
    const Endpoint stranger{caller.address().address, 7777};
    Phone forger(conference.network, stranger,
                 phone_with(tone(1000, loud), keys_of(SrtpSuite::aead_aes_128_gcm, 7)), 5);
    forger.call(conference.server_address(caller), conference.now());
    for (int i = 0; i < 50; ++i) {
        forger.send_frame();
        conference.run(20ms);
    }
    CHECK(conference.events<media::MediaStarted>().size() == 1);  // the listener's
    CHECK(heard(listener, 1000) < -45);
    caller.mute(false);
    conference.run(1s);
    CHECK(conference.events<media::MediaStarted>().back().source == caller.address());
    CHECK(heard(listener, 440) > -1);
    CHECK(quality_of(conference, caller).packets_forged == 50);
}

TEST_CASE("an encrypted room takes nothing from the heap per tick") {
    Conference conference;
    for (std::uint8_t i = 0; i < 6; ++i)
        conference.join(
            phone_with(i < 3 ? tone(400 + 100 * i, loud / 4) : silence(),
                       keys_of(i % 2 ? SrtpSuite::aead_aes_128_gcm : SrtpSuite::aes_cm_128_hmac_sha1_80,
                               static_cast<std::uint8_t>(10 * i + 1))));
    conference.run(2s);
    conference.count_engine_allocations = true;
    conference.run(4s);
    CHECK(conference.engine_ticks_counted >= 190);
    CHECK(conference.engine_allocations == 0);
}
