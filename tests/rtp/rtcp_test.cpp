// RTCP on the wire, what we measure of the peer, and the session that reports it.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "rtp/ntp_time.hpp"
#include "rtp/receiver_statistics.hpp"
#include "rtp/rtcp_session.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;
using Verdict = ReceiverStatistics::Verdict;

namespace {

constexpr TimePoint start = TimePoint{} + 1000s;

RtpHeader header(std::uint16_t sequence, std::uint32_t timestamp = 0, std::uint32_t ssrc = 7) {
    return {false, 0, sequence, timestamp, ssrc};
}

void hear(ReceiverStatistics& statistics, std::uint16_t first, int count) {
    for (int i = 0; i < count; ++i)
        statistics.on_packet(
            header(static_cast<std::uint16_t>(first + i), static_cast<std::uint32_t>(160 * i)), 8000,
            start + i * 20ms);
}

void send_packets(RtpSender& sender, int count, TimePoint from) {
    std::uint8_t out[rtp_header_size];
    for (int i = 0; i < count; ++i) sender.write_next(out, 160, 20ms, from + i * 20ms);
}

}  // namespace

TEST_CASE("an RTCP compound that is written is the compound that is read") {
    std::uint8_t bytes[512];
    ByteWriter out(bytes);
    const ReportBlock block{7, 64, -5, 0x10005, 33, 0x11112222, 0x8000};
    SenderReport sr;
    sr.ssrc = 9;
    sr.ntp = 0x0123456789abcdef;
    sr.rtp_timestamp = 160;
    sr.packets = 10;
    sr.octets = 1600;
    const std::uint8_t fir[] = {0, 0, 0, 7, 3, 0, 0, 0};
    write_sender_report(out, sr, &block);
    write_source_description(out, 9, "c@b");
    write_feedback(out, {Feedback::Kind::payload, 4, 9, 0, fir});
    write_bye(out, 9);
    REQUIRE(out.ok());
    CHECK(out.size() % 4 == 0);

    RtcpReader reader(out.written());
    REQUIRE(reader.error() == RtcpError::none);
    CHECK(reader.sender_ssrc() == 9);
    const auto first = reader.next();
    const auto& read = std::get<SenderReport>(*first);
    CHECK(read.ntp == sr.ntp);
    CHECK(read.octets == 1600);
    REQUIRE(read.reports.size() == 1);
    CHECK(read.reports.at(0) == block);
    CHECK(!read.reports.find(8));
    CHECK(std::get<SourceDescription>(*reader.next()).cname == "c@b");
    const auto third = reader.next();
    CHECK(std::get<Feedback>(*third).format == 4);
    CHECK(std::get<Feedback>(*third).control.size() == 8);
    CHECK(std::get<Bye>(*reader.next()).names(9));
    CHECK(!reader.next());
}

TEST_CASE("a CNAME of any length keeps the compound aligned") {
    for (std::size_t length = 0; length < 300; ++length) {
        std::uint8_t bytes[512];
        ByteWriter out(bytes);
        write_receiver_report(out, 9, nullptr);
        write_source_description(out, 9, std::string(length, 'x'));
        RtcpReader reader(out.written());
        REQUIRE(reader.error() == RtcpError::none);
        reader.next();
        CHECK(std::get<SourceDescription>(*reader.next()).cname.size() == std::min<std::size_t>(length, 255));
    }
}

TEST_CASE("cumulative loss stays within its 24 bits") {
    for (const std::int32_t lost : {0, -1, 0x7fffff, -0x800000, 0x1000000, -0x1000000}) {
        std::uint8_t bytes[64];
        ByteWriter out(bytes);
        ReportBlock block;
        block.cumulative_lost = lost;
        write_receiver_report(out, 1, &block);
        RtcpReader reader(out.written());
        CHECK(std::get<ReceiverReport>(*reader.next()).reports.at(0).cumulative_lost ==
              std::clamp(lost, -0x800000, 0x7fffff));
    }
}

TEST_CASE("NTP time counts from 1900 with a binary fraction") {
    CHECK(to_ntp(TimePoint{}, 0ns) == std::uint64_t{2'208'988'800} << 32);
    CHECK(to_ntp(TimePoint{} + 1500ms, 0ns) == ((std::uint64_t{2'208'988'801} << 32) | 0x80000000));
    CHECK(to_ntp(TimePoint{}, -500ms) == ((std::uint64_t{2'208'988'799} << 32) | 0x80000000));
    CHECK(to_ntp_short(1500ms) == 0x18000);
    CHECK(to_ntp_short(-1s) == 0);
    CHECK(to_ntp_short(24h) == 0xffff0000);
    CHECK(from_ntp_short(0x18000) == 1500ms);
}

TEST_CASE("a source is valid after two packets in sequence and both count") {
    ReceiverStatistics statistics;
    CHECK(statistics.on_packet(header(10), 8000, start) == Verdict::probation);
    CHECK(!statistics.make_report(start));
    CHECK(statistics.on_packet(header(12), 8000, start) == Verdict::probation);
    CHECK(statistics.on_packet(header(13), 8000, start) == Verdict::valid);
    CHECK(statistics.packets_received() == 2);
    CHECK(statistics.packets_lost() == 0);
    CHECK(statistics.make_report(start)->highest_sequence == 13);
}

TEST_CASE("sequence numbers wrap into cycles") {
    ReceiverStatistics statistics;
    hear(statistics, 65530, 12);
    CHECK(statistics.make_report(start)->highest_sequence == 0x10000 + 5);
    CHECK(statistics.packets_lost() == 0);
    ReceiverStatistics at_once;
    hear(at_once, 65535, 2);
    CHECK(at_once.make_report(start)->highest_sequence == 0x10000);
    CHECK(at_once.packets_lost() == 0);
}

TEST_CASE("one packet from far away is held back, two in a row are a restart") {
    ReceiverStatistics statistics;
    hear(statistics, 100, 50);
    CHECK(statistics.on_packet(header(30000), 8000, start) == Verdict::jump);
    CHECK(statistics.on_packet(header(150), 8000, start) == Verdict::valid);
    CHECK(statistics.on_packet(header(40000), 8000, start) == Verdict::jump);
    CHECK(statistics.on_packet(header(40001), 8000, start) == Verdict::restarted);
    CHECK(statistics.on_packet(header(40002), 8000, start) == Verdict::valid);
    CHECK(statistics.packets_lost() == 0);
    CHECK(statistics.packets_received() == 53);
    // A reordered packet is no jump.
    CHECK(statistics.on_packet(header(39990), 8000, start) == Verdict::valid);
    // A new SSRC begins anew at once and the counts of the leg go on.
    CHECK(statistics.on_packet(header(1, 0, 8), 8000, start) == Verdict::restarted);
    CHECK(statistics.ssrc() == 8);
    CHECK(statistics.packets_received() == 55);
}

TEST_CASE("loss is reported as a fraction of the interval and as a sum") {
    ReceiverStatistics statistics;
    hear(statistics, 0, 100);
    CHECK(statistics.make_report(start)->fraction_lost == 0);
    for (std::uint16_t i = 100; i < 200; ++i)
        if (i % 4 != 0) statistics.on_packet(header(i), 8000, start);
    const auto report = statistics.make_report(start);
    CHECK(report->fraction_lost == 25 * 256 / 100);
    CHECK(report->cumulative_lost == 25);
    // Duplicates make the interval's loss negative: reported as none.
    for (int i = 0; i < 3; ++i) statistics.on_packet(header(199), 8000, start);
    CHECK(statistics.make_report(start)->fraction_lost == 0);
    CHECK(statistics.make_report(start)->cumulative_lost == 22);
}

TEST_CASE("jitter follows RFC 3550 and survives a new clock and a jump of the time stamp") {
    ReceiverStatistics statistics;
    // Every other packet 10 ms late: the mean change of transit is 10 ms.
    for (std::uint16_t i = 0; i < 500; ++i)
        statistics.on_packet(header(i, i * 160u), 8000, start + i * 20ms + (i % 2) * 10ms);
    CHECK(to_ms(statistics.jitter()) == doctest::Approx(10.0).epsilon(0.01));
    CHECK(statistics.make_report(start)->jitter == doctest::Approx(80).epsilon(0.02));
    statistics.on_packet(header(500, 0x80000000), 8000, start + 10s);
    CHECK(to_ms(statistics.jitter()) < 10.1);
    statistics.on_packet(header(501, 5), 48000, start + 10s);
    CHECK(to_ms(statistics.jitter()) == doctest::Approx(10.0).epsilon(0.01));
}

TEST_CASE("the first report comes early, the others at half to one and a half intervals") {
    SeededRandom random(1);
    for (int run = 0; run < 200; ++run) {
        RtcpSession session({"a@b", {}}, random, start);
        CHECK(session.next_timeout() >= start + 1250ms);
        CHECK(session.next_timeout() <= start + 3750ms);
        RtpSender sender(random);
        ReceiverStatistics received;
        std::uint8_t out[max_rtcp_size];
        CHECK(session.on_timeout(start, sender, received, out).empty());
        const TimePoint due = session.next_timeout();
        CHECK(!session.on_timeout(due, sender, received, out).empty());
        CHECK(session.next_timeout() >= due + 2500ms);
        CHECK(session.next_timeout() <= due + 7500ms);
    }
}

TEST_CASE("who sends reports as a sender, who stopped for two intervals as a receiver") {
    SeededRandom random(2);
    RtcpSession session({"a@b", {}}, random, start);
    RtpSender sender(random);
    sender.set_format(0, 8000);
    ReceiverStatistics received;
    std::uint8_t out[max_rtcp_size];
    const auto report = [&] {
        RtcpReader reader(session.on_timeout(session.next_timeout(), sender, received, out));
        REQUIRE(reader.error() == RtcpError::none);
        return *reader.next();
    };
    CHECK(std::holds_alternative<ReceiverReport>(report()));
    send_packets(sender, 3, start);
    const auto first = report();
    REQUIRE(std::holds_alternative<SenderReport>(first));
    CHECK(std::get<SenderReport>(first).packets == 3);
    CHECK(std::get<SenderReport>(first).octets == 480);
    CHECK(std::holds_alternative<SenderReport>(report()));
    CHECK(std::holds_alternative<ReceiverReport>(report()));
}

TEST_CASE("a key pressed in a stream without jitter brings none") {
    ReceiverStatistics statistics;
    RtpHeader header{false, 0, 100, 5000, 7};
    for (int i = 0; i < 100; ++i) {
        const bool is_event = i >= 50 && i < 60;  // its packets carry the time stamp it began with
        header.timestamp = 5000 + 160u * static_cast<std::uint32_t>(is_event ? 50 : i);
        statistics.on_packet(header, is_event ? ReceiverStatistics::no_transit : 8000, start + i * 20ms);
        ++header.sequence;
    }
    CHECK(statistics.jitter() == 0ms);
    CHECK(statistics.packets_received() == 100);
    CHECK(statistics.packets_lost() == 0);
}

TEST_CASE("two sessions find the round trip and the loss between them") {
    SeededRandom random(3);
    const WallOffset offset = 1'700'000'000s;
    RtpSender a_sender(random), b_sender(random);
    ReceiverStatistics a_hears, b_hears;
    a_sender.set_format(0, 8000);
    b_sender.set_format(0, 8000);
    RtcpSession a({"a", offset}, random, start), b({"b", offset - 5s}, random, start);
    std::uint8_t wire[rtp_header_size], out[max_rtcp_size];
    TimePoint now = start;
    for (int i = 0; i < 3000; ++i, now += 20ms) {
        const auto deliver = [&](RtpSender& from, ReceiverStatistics& to, bool lost) {
            from.write_next(wire, 160, 20ms, now);
            if (!lost) to.on_packet(RtpPacket::parse(wire)->header, 8000, now + 40ms);
        };
        deliver(a_sender, b_hears, i % 10 == 5);
        deliver(b_sender, a_hears, false);
        if (const Bytes report = a.on_timeout(now, a_sender, a_hears, out); !report.empty())
            CHECK(b.on_datagram(report, b_sender.ssrc(), b_hears, now + 40ms).valid);
        if (const Bytes report = b.on_timeout(now, b_sender, b_hears, out); !report.empty())
            CHECK(a.on_datagram(report, a_sender.ssrc(), a_hears, now + 25ms).sender_ssrc == b_sender.ssrc());
    }
    REQUIRE(a.round_trip());
    CHECK(to_ms(*a.round_trip()) == doctest::Approx(65.0).epsilon(0.01));
    REQUIRE(a.remote_view());
    CHECK(a.remote_view()->fraction_lost == doctest::Approx(0.1).epsilon(0.1));
    CHECK(b.remote_view()->fraction_lost == 0.0);
    CHECK(a.received() > 5);
}

TEST_CASE("who reported losses and reports no more has none after a few intervals") {
    SeededRandom random(4);
    RtcpSession session({"a", {}}, random, start);
    CHECK(session.percent_lost(start) == 0);
    ReceiverStatistics received;
    std::uint8_t bytes[64];
    ByteWriter out(bytes);
    ReportBlock block;
    block.ssrc = 5;
    block.fraction_lost = 103;
    write_receiver_report(out, 1, &block);
    CHECK(session.on_datagram(out.written(), 5, received, start).valid);
    CHECK(session.percent_lost(start + 15s) == 40);
    CHECK(session.percent_lost(start + 16s) == 0);
    CHECK(session.on_datagram(out.written(), 5, received, start + 60s).valid);
    CHECK(session.percent_lost(start + 61s) == 40);
}

TEST_CASE("a report that makes no sense moves no figure") {
    SeededRandom random(4);
    RtcpSession session({"a", 1'700'000'000s}, random, start);
    ReceiverStatistics received;
    std::uint8_t bytes[64];
    ByteWriter out(bytes);
    ReportBlock block;
    block.ssrc = 5;
    block.last_sr = 0x12345678;  // years away
    write_receiver_report(out, 1, &block);
    CHECK(session.on_datagram(out.written(), 5, received, start).valid);
    CHECK(!session.round_trip());
    CHECK(session.remote_view());
    CHECK(session.on_datagram(out.written(), 6, received, start).valid);
    CHECK(!session.on_datagram(Bytes(bytes).first(7), 5, received, start).valid);
    CHECK(session.malformed() == 1);
}

TEST_CASE("leaving says BYE for our source, and the peer's BYE is noticed for his only") {
    SeededRandom random(5);
    RtcpSession session({"a@b", {}}, random, start);
    RtpSender sender(random);
    ReceiverStatistics received;
    hear(received, 0, 5);
    std::uint8_t out[max_rtcp_size];
    RtcpReader reader(session.write_bye(start, sender, received, out));
    REQUIRE(reader.error() == RtcpError::none);
    CHECK(std::get<ReceiverReport>(*reader.next()).reports.at(0).ssrc == 7);
    CHECK(std::get<SourceDescription>(*reader.next()).cname == "a@b");
    CHECK(std::get<Bye>(*reader.next()).names(sender.ssrc()));

    for (const std::uint32_t ssrc : {7u, 8u}) {
        std::uint8_t bytes[64];
        ByteWriter bye(bytes);
        write_receiver_report(bye, ssrc, nullptr);
        write_bye(bye, ssrc);
        CHECK(session.on_datagram(bye.written(), sender.ssrc(), received, start).bye == (ssrc == 7));
    }
}

TEST_CASE("a report into too small a buffer is no report") {
    SeededRandom random(6);
    RtcpSession session({std::string(255, 'x'), {}}, random, start);
    RtpSender sender(random);
    ReceiverStatistics received;
    std::uint8_t out[20];
    CHECK(session.write_bye(start, sender, received, out).empty());
}
