// Feedback messages on the wire.
#include <doctest/doctest.h>

#include <vector>

#include "base/random.hpp"
#include "rtp/rtcp_feedback.hpp"
#include "rtp/rtp_sender.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t us = 0x11111111, peer = 0x22222222;

// What `write` put on the wire, read again by RtcpReader.
struct OnWire {
    template <typename Write>
    explicit OnWire(Write&& write) {
        ByteWriter out(memory);
        write(out);
        REQUIRE(out.ok());
        bytes.assign(out.written().begin(), out.written().end());
        RtcpReader reader(bytes);
        REQUIRE(reader.error() == RtcpError::none);
        while (const auto block = reader.next())
            if (const auto* f = std::get_if<Feedback>(&*block)) feedback.push_back(*f);
    }
    const Feedback& only() const {
        REQUIRE(feedback.size() == 1);
        return feedback[0];
    }

    std::uint8_t memory[1024];
    std::vector<std::uint8_t> bytes;
    std::vector<Feedback> feedback;
};

std::vector<std::uint16_t> all_of(std::optional<NackList> list) {
    REQUIRE(list);
    std::vector<std::uint16_t> out;
    while (const auto sequence = list->next()) out.push_back(*sequence);
    return out;
}

}  // namespace

TEST_CASE(
    "a NACK names what is lost, across the end of the sequence, in as few entries as there are needed") {
    const std::vector<std::uint16_t> lost = {65530, 65531, 10, 11, 27, 500};
    const OnWire wire([&](ByteWriter& out) { write_nack(out, us, peer, lost); });
    CHECK(wire.only().control.size() == 3 * 4);
    CHECK(all_of(read_nack(wire.only(), peer)) == lost);
    CHECK(!read_nack(wire.only(), us));
    const OnWire seventeen([&](ByteWriter& out) {
        std::vector<std::uint16_t> run;
        for (std::uint16_t i = 0; i < 17; ++i) run.push_back(static_cast<std::uint16_t>(100 + i));
        write_nack(out, us, peer, run);
    });
    CHECK(seventeen.only().control.size() == 4);
    CHECK(all_of(read_nack(seventeen.only(), peer)).back() == 116);
}

TEST_CASE("a NACK reads as RFC 4585 draws it") {
    const std::uint8_t control[] = {0x00, 0x10, 0x80, 0x01};
    const Feedback feedback{Feedback::Kind::transport, 1, us, peer, control};
    CHECK(all_of(read_nack(feedback, peer)) == std::vector<std::uint16_t>{16, 17, 32});
}

TEST_CASE("nothing lost is no NACK") {
    std::uint8_t memory[64];
    ByteWriter out(memory);
    write_nack(out, us, peer, {});
    CHECK(out.size() == 0);
}

TEST_CASE("PLI and FIR ask for a keyframe, and a repeated FIR does not ask again") {
    const OnWire pli([](ByteWriter& out) { write_pli(out, us, peer); });
    const OnWire fir([](ByteWriter& out) { write_fir(out, us, peer, 7); });
    const OnWire next([](ByteWriter& out) { write_fir(out, us, peer, 8); });
    KeyframeRequests requests;
    CHECK(requests.on_feedback(pli.only(), peer));
    CHECK(requests.on_feedback(pli.only(), peer));
    CHECK(requests.on_feedback(fir.only(), peer));
    CHECK(!requests.on_feedback(fir.only(), peer));
    CHECK(requests.on_feedback(next.only(), peer));
    for (const OnWire* wire : {&pli, &fir}) CHECK(!KeyframeRequests().on_feedback(wire->only(), us));
    CHECK(fir.only().media_ssrc == 0);
}

TEST_CASE("an FIR for several sources is read at our entry") {
    const std::uint8_t control[] = {0x33, 0x33, 0x33, 0x33, 1, 0, 0, 0, 0x22, 0x22, 0x22, 0x22, 9, 0, 0, 0};
    CHECK(read_fir({Feedback::Kind::payload, 4, us, 0, control}, peer) == 9);
    CHECK(!read_fir({Feedback::Kind::payload, 4, us, 0, Bytes(control).first(4)}, peer));
}

TEST_CASE("bit rates come back as they went, as far as the mantissa reaches, never greater") {
    for (std::uint64_t rate :
         {0ULL, 1ULL, 64'000ULL, 131'071ULL, 512'000ULL, 1'234'567ULL, 40'000'000'000ULL}) {
        CAPTURE(rate);
        const OnWire tmmbr([&](ByteWriter& out) { write_tmmbr(out, us, peer, {rate, 40}); });
        const auto limit = read_tmmbr(tmmbr.only(), peer);
        REQUIRE(limit);
        CHECK(limit->overhead == 40);
        CHECK(limit->bits_per_second <= rate);
        CHECK(limit->bits_per_second >= rate - rate / 65536);
        const OnWire remb([&](ByteWriter& out) { write_remb(out, us, peer, rate); });
        const auto estimate = read_remb(remb.only(), peer);
        REQUIRE(estimate);
        CHECK(estimate->bits_per_second <= rate);
        CHECK(estimate->bits_per_second >= rate - rate / 131072);
        CHECK(!read_remb(remb.only(), us));
        CHECK(!read_tmmbr(tmmbr.only(), us));
    }
}

TEST_CASE("a bit rate beyond 64 bits is the greatest there is") {
    const std::uint8_t control[] = {0x22, 0x22, 0x22, 0x22, 0xff, 0xff, 0xff, 0xff};
    const auto limit = read_tmmbr({Feedback::Kind::transport, 3, us, 0, control}, peer);
    CHECK(limit->bits_per_second == ~std::uint64_t{0});
}

TEST_CASE("a REMB that is cut short, or is another application's, says nothing") {
    const std::uint8_t good[] = {'R', 'E', 'M', 'B', 1, 0x0b, 0xd0, 0x90, 0x22, 0x22, 0x22, 0x22};
    const auto remb = [](Bytes control) {
        return read_remb({Feedback::Kind::payload, 15, us, 0, control}, peer);
    };
    CHECK(remb(good)->bits_per_second == std::uint64_t{0x3d090} << 2);
    for (std::size_t size = 0; size < sizeof good; size += 4) CHECK(!remb(Bytes(good).first(size)));
    std::uint8_t other[sizeof good];
    std::copy(std::begin(good), std::end(good), other);
    other[0] = 'A';
    CHECK(!remb(other));
}

TEST_CASE("TMMBN names who bounds us, or nobody") {
    const OnWire bound([](ByteWriter& out) { write_tmmbn(out, us, TmmbnEntry{peer, {512'000, 40}}); });
    CHECK(bound.only().format == feedback_tmmbn);
    CHECK(bound.only().control.size() == 8);
    const OnWire free([](ByteWriter& out) { write_tmmbn(out, us, std::nullopt); });
    CHECK(free.only().control.empty());
}

TEST_CASE("the packets of one picture share its time stamp, and the last has the marker") {
    SeededRandom random(1);
    RtpSender sender(random);
    sender.set_format(96, 90000);
    const TimePoint shown = TimePoint{} + 10s;
    std::vector<RtpHeader> headers;
    for (int picture = 0; picture < 2; ++picture) {
        for (int i = 0; i < 3; ++i) {
            std::array<std::uint8_t, rtp_header_size> out;
            sender.write_part(out, 1000, i == 2, shown + picture * 40ms);
            headers.push_back(RtpPacket::parse(out)->header);
        }
        sender.skip(40ms);
    }
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(headers[i].marker == (i % 3 == 2));
        CHECK(headers[i].timestamp == headers[0].timestamp + (i < 3 ? 0 : 3600));
        CHECK(headers[i].sequence == static_cast<std::uint16_t>(headers[0].sequence + i));
    }
    CHECK(sender.packets() == 6);
    CHECK(sender.octets() == 6000);
    CHECK(sender.timestamp_at(shown + 50ms) == headers[0].timestamp + 4500);
}
