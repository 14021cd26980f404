// Outgoing headers, and whose packets are believed.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "rtp/rtp_sender.hpp"
#include "rtp/source_latch.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;
using Verdict = SourceLatch::Verdict;

namespace {

constexpr TimePoint start = TimePoint{} + 1000s;

RtpHeader send(RtpSender& sender, Duration duration = 20ms, TimePoint now = start) {
    std::uint8_t bytes[rtp_header_size];
    sender.write_next(bytes, 160, duration, now);
    return RtpPacket::parse(bytes)->header;
}

Endpoint at(const char* text) {
    return *Endpoint::parse(text);
}
IpAddress ip(const char* text) {
    return *IpAddress::parse(text);
}

const Endpoint sdp_address = at("192.0.2.1:4000");
const Endpoint behind_nat = at("198.51.100.9:61000");
const IpAddress signaling = ip("198.51.100.9");
const Endpoint stranger = at("203.0.113.66:4000");

// Counts of accepted packets among `count` in sequence.
int feed(SourceLatch& latch, const Endpoint& source, int count, TimePoint when = start,
         std::uint32_t ssrc = 1, std::uint16_t first = 100) {
    int accepted = 0;
    for (int i = 0; i < count; ++i)
        accepted +=
            latch.on_packet(source, ssrc, static_cast<std::uint16_t>(first + i), when) == Verdict::accepted;
    return accepted;
}

}  // namespace

TEST_CASE("sequence numbers count up by one and time stamps by the audio sent") {
    SeededRandom random(1);
    RtpSender sender(random);
    sender.set_format(0, 8000);
    const RtpHeader first = send(sender);
    const RtpHeader second = send(sender, 30ms);
    const RtpHeader third = send(sender);
    CHECK(first.marker);
    CHECK(!second.marker);
    CHECK(second.sequence == static_cast<std::uint16_t>(first.sequence + 1));
    CHECK(second.timestamp == first.timestamp + 160);
    CHECK(third.timestamp == second.timestamp + 240);
    CHECK(sender.packets() == 3);
    CHECK(sender.octets() == 480);
    CHECK(sender.timestamp_at(start + 1s) == third.timestamp + 8000);
}

TEST_CASE(
    "where frames come on another clock the time between is in the time stamp, and none is taken back") {
    for (const int clock_hz : {8000, 48000})
        for (const auto gap : {5ms, 20ms, 47ms}) {
            SeededRandom random(1);
            RtpSender sender(random);
            sender.set_format(0, clock_hz);
            sender.go_on_later();  // nothing has gone before
            CHECK(send(sender).marker);
            const RtpHeader before = send(sender, 20ms, start + 20ms);
            sender.go_on_later();
            const RtpHeader after = send(sender, 20ms, start + 20ms + gap + 200us);
            const auto passed = std::max<Duration>(gap, 20ms) / 1ms * clock_hz / 1000;
            CHECK(after.timestamp - before.timestamp == static_cast<std::uint32_t>(passed));
            CHECK(after.marker == (gap > 20ms));
            CHECK(send(sender, 20ms, start + 1s).timestamp ==
                  after.timestamp + static_cast<std::uint32_t>(clock_hz / 50));
        }
}

TEST_CASE("after a pause the time stamp has gone on, the sequence has not, and the marker is set") {
    SeededRandom random(2);
    RtpSender sender(random);
    sender.set_format(111, 48000);
    const RtpHeader before = send(sender);
    sender.skip(1s);
    sender.skip(20ms);
    const RtpHeader after = send(sender);
    CHECK(after.marker);
    CHECK(after.sequence == static_cast<std::uint16_t>(before.sequence + 1));
    CHECK(after.timestamp == before.timestamp + 960 + 48000 + 960);
    CHECK(!send(sender).marker);
}

TEST_CASE("a new payload type continues the stream, a new clock begins a new source") {
    SeededRandom random(3);
    RtpSender sender(random);
    sender.set_format(0, 8000);
    const RtpHeader pcmu = send(sender);
    sender.set_format(9, 8000);
    const RtpHeader g722 = send(sender);
    CHECK(g722.ssrc == pcmu.ssrc);
    CHECK(g722.timestamp == pcmu.timestamp + 160);
    CHECK(g722.payload_type == 9);
    sender.set_format(111, 48000);
    const RtpHeader opus = send(sender);
    CHECK(opus.ssrc != pcmu.ssrc);
    CHECK(opus.marker);
    CHECK(sender.packets() == 1);
    CHECK(sender.total_packets() == 3);
}

TEST_CASE("a peer who uses our SSRC makes us choose another") {
    SeededRandom random(4);
    RtpSender sender(random);
    sender.set_format(0, 8000);
    const std::uint32_t old = send(sender).ssrc;
    sender.begin();
    CHECK(sender.ssrc() != old);
    CHECK(sender.packets() == 0);
}

TEST_CASE("the address in the SDP locks on its first packet and strangers get nowhere") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    CHECK(latch.destination() == sdp_address);
    CHECK(latch.is_learning(start));
    CHECK(feed(latch, stranger, 50) == 0);
    CHECK(latch.strangers() == 50);
    CHECK(feed(latch, sdp_address, 1) == 1);
    CHECK(latch.locked() == sdp_address);
    CHECK(!latch.is_learning(start));
    CHECK(feed(latch, stranger, 50) == 0);
    CHECK(feed(latch, behind_nat, 50) == 0);
    CHECK(latch.destination() == sdp_address);
}

TEST_CASE("the address in the SDP locks however late it starts to send") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    CHECK(feed(latch, sdp_address, 1, start + 1h) == 1);
}

TEST_CASE("the signalling source is learnt with its fifth packet in sequence, within the window only") {
    SourceLatch latch;
    latch.on_signalled(at("192.168.1.5:4000"), signaling, start);
    CHECK(feed(latch, behind_nat, 4) == 0);
    CHECK(!latch.locked());
    CHECK(feed(latch, behind_nat, 1, start, 1, 104) == 1);
    CHECK(latch.destination() == behind_nat);
    // Another port of the same address is a stranger from now on.
    CHECK(feed(latch, at("198.51.100.9:61002"), 50) == 0);

    SourceLatch late;
    late.on_signalled(at("192.168.1.5:4000"), signaling, start);
    CHECK(feed(late, behind_nat, 50, start + 11s) == 0);
    late.on_signalled(at("192.168.1.5:4002"), signaling, start + 20s);
    CHECK(feed(late, behind_nat, 50, start + 21s) == 46);
}

TEST_CASE("five packets count only when they are of one stream and without a gap") {
    SourceLatch latch;
    latch.on_signalled({}, signaling, start);
    CHECK(!latch.destination());
    CHECK(feed(latch, behind_nat, 4) == 0);
    CHECK(feed(latch, behind_nat, 4, start, 1, 105) == 0);  // 104 is missing
    CHECK(feed(latch, behind_nat, 4, start, 2, 109) == 0);  // another SSRC
    CHECK(feed(latch, at("198.51.100.9:61002"), 4, start, 2, 113) == 0);
    CHECK(!latch.locked());
}

TEST_CASE("within the window the SDP's own address takes over from one that was learnt") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    CHECK(feed(latch, behind_nat, 5) == 1);
    CHECK(latch.is_learning(start));
    CHECK(feed(latch, sdp_address, 1, start + 1s) == 1);
    CHECK(latch.locked() == sdp_address);
    CHECK(feed(latch, behind_nat, 50, start + 1s) == 0);

    SourceLatch later;
    later.on_signalled(sdp_address, signaling, start);
    CHECK(feed(later, behind_nat, 5) == 1);
    CHECK(feed(later, sdp_address, 50, start + 11s) == 0);
}

TEST_CASE("a locked source may change its SSRC when it stops sending the old one") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    feed(latch, sdp_address, 10);
    // Sixty milliseconds after the last old one, so that two packets of most senders are lost.
    for (int i = 1; i <= 10; ++i)
        CHECK(feed(latch, sdp_address, 1, start + i * 20ms, 2, static_cast<std::uint16_t>(7000 + i)) ==
              (i < 3 ? 0 : 1));
    // Without a sequence nobody is believed, however long the old one has been silent.
    for (std::uint16_t i = 0; i < 50; ++i)
        CHECK(feed(latch, sdp_address, 1, start + 1s + i * 20ms, 3, static_cast<std::uint16_t>(2 * i)) == 0);
    // One that was learnt needs as many as it took to learn it.
    SourceLatch learnt;
    learnt.on_signalled({}, signaling, start);
    CHECK(feed(learnt, behind_nat, 10) == 6);
    CHECK(feed(learnt, behind_nat, 10, start + 100ms, 2, 7000) == 6);
}

TEST_CASE("packets forged beside a stream that goes on never change its SSRC, however many come at once") {
    for (const bool is_learnt : {false, true}) {
        CAPTURE(is_learnt);
        SourceLatch latch;
        latch.on_signalled(is_learnt ? Endpoint{} : sdp_address, signaling, start);
        const Endpoint source = is_learnt ? behind_nat : sdp_address;
        feed(latch, source, 10);
        for (std::uint16_t i = 0; i < 50; ++i) {
            const TimePoint now = start + (i + 1) * 20ms;
            CHECK(feed(latch, source, 1, now, 1, static_cast<std::uint16_t>(110 + i)) == 1);
            CHECK(feed(latch, source, 5, now + 10ms, 66, static_cast<std::uint16_t>(500 + 5 * i)) == 0);
            // Nor with another port of the signalling's address.
            CHECK(feed(latch, at("198.51.100.9:61002"), 5, now + 15ms, 67,
                       static_cast<std::uint16_t>(5 * i)) == 0);
        }
        CHECK(latch.locked() == source);
    }
}

TEST_CASE("who forged a stream while it was silent loses it when it comes back, whatever he changes") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    feed(latch, sdp_address, 10);
    CHECK(feed(latch, sdp_address, 3, start + 400ms, 66, 500) == 2);  // between two packets of DTX
    CHECK(feed(latch, sdp_address, 3, start + 600ms, 67, 900) == 2);
    CHECK(feed(latch, sdp_address, 1, start + 620ms, 1, 110) == 0);  // it may have been late
    CHECK(feed(latch, sdp_address, 1, start + 640ms, 1, 111) == 1);
    CHECK(feed(latch, sdp_address, 5, start + 650ms, 66, 503) == 0);
    CHECK(feed(latch, sdp_address, 5, start + 650ms, 67, 903) == 0);
    CHECK(feed(latch, sdp_address, 1, start + 660ms, 1, 112) == 1);
    // A packet of the old stream that was late when the sender truly changed is no return.
    latch.expect_new_ssrc(start + 660ms);
    CHECK(feed(latch, sdp_address, 1, start + 680ms, 2, 20) == 1);
    CHECK(feed(latch, sdp_address, 1, start + 681ms, 1, 113) == 0);
    CHECK(feed(latch, sdp_address, 1, start + 700ms, 2, 21) == 1);
}

TEST_CASE(
    "comfort noise of the leg before, which somebody on the way has left open, takes nothing from the new one") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    feed(latch, sdp_address, 10);
    feed(latch, sdp_address, 10, start + 400ms, 2, 500);
    for (int n = 0; n < 20; ++n) {
        const TimePoint now = start + 1s + n * 200ms;
        CHECK(feed(latch, sdp_address, 1, now, 1, static_cast<std::uint16_t>(110 + n)) == 0);
        CHECK(feed(latch, sdp_address, 5, now + 1ms, 2, static_cast<std::uint16_t>(510 + 5 * n)) == 5);
    }
}

TEST_CASE("who comes back after hold music has his stream again, however long the music goes on beside him") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    feed(latch, sdp_address, 10);
    feed(latch, sdp_address, 550, start + 1s, 2, 500);  // the music
    latch.expect_new_ssrc(start + 12s);
    for (int n = 0; n < 15; ++n) {
        const TimePoint now = start + 12s + n * 20ms;
        CHECK(feed(latch, sdp_address, 1, now, 1, static_cast<std::uint16_t>(110 + n)) == 1);
        CHECK(feed(latch, sdp_address, 1, now + 10ms, 2, static_cast<std::uint16_t>(1050 + n)) == 0);
    }
}

TEST_CASE(
    "after a change of codecs a new SSRC of the locked source is believed at once, once, within the window") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    feed(latch, sdp_address, 10);
    latch.expect_new_ssrc(start + 60s);
    CHECK(feed(latch, stranger, 10, start + 60s, 2, 7000) == 0);
    CHECK(feed(latch, at("192.0.2.1:4002"), 10, start + 60s, 2, 7000) == 0);
    CHECK(feed(latch, sdp_address, 10, start + 61s, 2, 7000) == 10);
    CHECK(latch.locked() == sdp_address);
    CHECK(feed(latch, sdp_address, 10, start + 62s, 3, 900) == 9);
    latch.expect_new_ssrc(start + 70s);
    CHECK(feed(latch, sdp_address, 10, start + 81s, 4, 900) == 9);
}

TEST_CASE("a change of address leaves no gap: the old source is heard until the new one locks") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    feed(latch, sdp_address, 10);
    const Endpoint moved = at("192.0.2.7:5000");
    latch.on_signalled(moved, signaling, start + 60s);
    CHECK(latch.destination() == moved);
    CHECK(feed(latch, sdp_address, 3, start + 60s, 1, 110) == 3);
    CHECK(feed(latch, moved, 1, start + 61s, 9) == 1);
    CHECK(feed(latch, sdp_address, 50, start + 61s, 1, 113) == 0);
    CHECK(latch.destination() == moved);
}

TEST_CASE("the same SDP again, or a hold by 0.0.0.0, changes nothing") {
    SourceLatch latch;
    latch.on_signalled(at("192.168.1.5:4000"), signaling, start);
    feed(latch, behind_nat, 5);
    latch.on_signalled(at("192.168.1.5:4000"), signaling, start + 60s);
    latch.on_signalled({IpAddress{}, 4000}, signaling, start + 70s);
    latch.on_signalled(at("192.168.1.5:4000"), signaling, start + 80s);
    CHECK(!latch.is_learning(start + 80s));
    CHECK(latch.destination() == behind_nat);
    CHECK(feed(latch, behind_nat, 1, start + 80s) == 1);
}

TEST_CASE("after a change a source that stays where it was is learnt again") {
    SourceLatch latch;
    latch.on_signalled(at("192.168.1.5:4000"), signaling, start);
    feed(latch, behind_nat, 5);
    latch.on_signalled(at("192.168.1.5:4002"), signaling, start + 60s);
    CHECK(latch.destination() == at("192.168.1.5:4002"));
    CHECK(feed(latch, behind_nat, 5, start + 60s) == 5);
    CHECK(latch.destination() == behind_nat);
}

TEST_CASE("a source that moves behind its NAT is followed though its last packets still came the old way") {
    const Endpoint new_port = at("198.51.100.9:61002");
    const auto moving = [&] {
        SourceLatch latch;
        latch.on_signalled(at("192.168.1.5:4000"), signaling, start);
        feed(latch, behind_nat, 20);
        latch.on_signalled(at("192.168.1.5:4002"), signaling, start + 60s);
        feed(latch, behind_nat, 20, start + 60s, 1, 120);
        return latch;
    };
    SourceLatch latch = moving();
    CHECK(feed(latch, at("203.0.113.66:4000"), 50, start + 61s, 2, 500) == 0);
    CHECK(feed(latch, new_port, 10, start + 61s, 2, 500) == 6);
    CHECK(latch.destination() == new_port);
    CHECK(feed(latch, behind_nat, 50, start + 61s, 1, 140) == 0);

    // Not while the old way is alive, and not once the window is over.
    SourceLatch alive = moving();
    for (std::uint16_t i = 0; i < 50; ++i) {
        CHECK(feed(alive, new_port, 1, start + 61s, 2, static_cast<std::uint16_t>(500 + i)) == 0);
        CHECK(feed(alive, behind_nat, 1, start + 61s, 1, static_cast<std::uint16_t>(140 + i)) == 1);
    }
    CHECK(feed(alive, new_port, 50, start + 71s, 2, 600) == 0);
    CHECK(alive.destination() == behind_nat);
}

TEST_CASE("RTCP from the address and SSRC that RTP is locked to needs no five reports") {
    SourceLatch rtcp;
    rtcp.on_signalled(at("192.168.1.5:4001"), signaling, start);
    rtcp.vouch_for(behind_nat.address, 1);
    CHECK(feed(rtcp, at("198.51.100.9:61001"), 1, start + 1min, 2) == 0);
    CHECK(feed(rtcp, stranger, 1, start + 1min) == 0);
    CHECK(feed(rtcp, at("198.51.100.9:61001"), 1, start + 1min) == 1);
    CHECK(rtcp.destination() == at("198.51.100.9:61001"));
    // And so does his next SSRC, once RTP is locked to it.
    CHECK(feed(rtcp, at("198.51.100.9:61001"), 1, start + 1min, 2) == 0);
    rtcp.vouch_for(behind_nat.address, 2);
    CHECK(feed(rtcp, at("198.51.100.9:61001"), 1, start + 1min, 2) == 1);
}

TEST_CASE("an IPv4 peer seen through an IPv6 socket is the same peer") {
    SourceLatch latch;
    latch.on_signalled(sdp_address, signaling, start);
    CHECK(feed(latch, at("[::ffff:192.0.2.1]:4000"), 1) == 1);
}

TEST_CASE("no mixture of strangers ever takes over a stream that keeps coming") {
    SeededRandom random(9);
    for (int run = 0; run < 10'000; ++run) {
        SourceLatch latch;
        latch.on_signalled(sdp_address, signaling, start);
        std::uint16_t sequence = random.u16();
        feed(latch, sdp_address, 1, start, 1, sequence++);
        for (int i = 0; i < 40; ++i) {
            const Endpoint sources[] = {stranger, behind_nat, sdp_address, at("198.51.100.9:5")};
            const Endpoint& source = sources[random.next() % 4];
            const auto ssrc = static_cast<std::uint32_t>(2 + random.next() % 2);
            const auto guess = static_cast<std::uint16_t>(random.next() % 4);
            // Five in sequence at once, too.
            REQUIRE(feed(latch, source, 5, start, ssrc, guess) == 0);
            REQUIRE(feed(latch, sdp_address, 1, start, 1, sequence++) == 1);
        }
        REQUIRE(latch.locked() == sdp_address);
    }
}
