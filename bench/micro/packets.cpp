// What is done to a packet besides its sound: RTP read and written, reports, pictures cut into packets and
// put together again.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "base/random.hpp"
#include "rtp/receiver_statistics.hpp"
#include "rtp/rtcp_session.hpp"
#include "rtp/rtp_packet.hpp"
#include "rtp/rtp_sender.hpp"
#include "rtp/source_latch.hpp"
#include "rtp/video_depacketizer.hpp"
#include "rtp/video_packetizer.hpp"
#include "rtp/video_receive_buffer.hpp"

namespace {

using namespace rotunda;
using std::chrono::milliseconds;

constexpr Duration ptime = milliseconds(20);
constexpr std::size_t payload_size = 160;
const Endpoint peer{IpAddress::v4(0x0a000001), 4000};
const TimePoint start{std::chrono::seconds(1000)};

// Parsed, matched with its source, counted.
void take_rtp(benchmark::State& state) {
    std::array<std::uint8_t, rtp::rtp_header_size + payload_size> datagram{};
    rtp::RtpHeader header{false, 0, 1, 1000, 77};
    rtp::SourceLatch latch;
    latch.on_signalled(peer, peer.address, start);
    rtp::ReceiverStatistics statistics;
    TimePoint now = start;
    for (auto _ : state) {
        rtp::write_header(std::span(datagram).first<rtp::rtp_header_size>(), header);
        const auto packet = rtp::RtpPacket::parse(datagram);
        benchmark::DoNotOptimize(latch.on_packet(peer, packet->header.ssrc, packet->header.sequence, now));
        benchmark::DoNotOptimize(statistics.on_packet(packet->header, 8000, now));
        ++header.sequence;
        header.timestamp += payload_size;
        now += ptime;
    }
}
BENCHMARK(take_rtp);

void write_rtp(benchmark::State& state) {
    SeededRandom random(1);
    rtp::RtpSender sender(random);
    sender.set_format(0, 8000);
    std::array<std::uint8_t, rtp::rtp_header_size> out{};
    TimePoint now = start;
    for (auto _ : state) {
        sender.write_next(out, payload_size, ptime, now);
        benchmark::DoNotOptimize(out.data());
        now += ptime;
    }
}
BENCHMARK(write_rtp);

// A sender report written, and read on the other side; one a leg in five seconds.
void report(benchmark::State& state) {
    SeededRandom random(1);
    rtp::RtpSender sender(random);
    sender.set_format(0, 8000);
    rtp::ReceiverStatistics received, of_peer;
    rtp::RtcpSession ours({.cname = "bench@rotunda"}, random, start),
        theirs({.cname = "peer"}, random, start);
    std::array<std::uint8_t, rtp::rtp_header_size> header{};
    std::array<std::uint8_t, rtp::max_rtcp_size> out{};
    TimePoint now = start;
    for (auto _ : state) {
        sender.write_next(header, payload_size, ptime, now);
        now += std::chrono::seconds(10);
        const Bytes compound = ours.on_timeout(now, sender, received, out);
        benchmark::DoNotOptimize(theirs.on_datagram(compound, 1, of_peer, now));
    }
}
BENCHMARK(report);

// An H.264 picture of so many octets, and its way through packets. The first unit is an IDR slice.
std::vector<std::uint8_t> access_unit(std::size_t size) {
    SeededRandom random(2);
    std::vector<std::uint8_t> unit = {0, 0, 0, 1, 0x65};
    while (unit.size() < size) unit.push_back(static_cast<std::uint8_t>(1 + random.u32() % 255));
    return unit;
}

void packetize(benchmark::State& state) {
    const auto unit = access_unit(static_cast<std::size_t>(state.range(0)));
    rtp::PayloadList payloads;
    for (auto _ : state) {
        payloads.clear();
        rtp::packetize_h264(unit, rtp::PacketizationMode::non_interleaved, rtp::default_max_video_payload,
                            payloads);
        benchmark::DoNotOptimize(&payloads);
    }
}
BENCHMARK(packetize)->Arg(2000)->Arg(8000)->Arg(60000);

void put_in_order_and_together(benchmark::State& state) {
    const auto unit = access_unit(static_cast<std::size_t>(state.range(0)));
    rtp::PayloadList payloads;
    rtp::packetize_h264(unit, rtp::PacketizationMode::non_interleaved, rtp::default_max_video_payload,
                        payloads);
    rtp::VideoReceiveBuffer buffer({.nack = true});
    rtp::VideoDepacketizer depacketizer(VideoCodec::h264);
    rtp::RtpHeader header{false, 97, 1, 1000, 77};
    TimePoint now = start;
    for (auto _ : state) {
        for (std::size_t i = 0; i < payloads.size(); ++i) {
            header.marker = i + 1 == payloads.size();
            buffer.insert(header, payloads[i], now);
            ++header.sequence;
            while (const auto packet = buffer.next(now))
                benchmark::DoNotOptimize(
                    depacketizer.push(packet->header, packet->payload, packet->lost_before).data());
        }
        header.timestamp += 3600;
        now += milliseconds(40);
    }
}
BENCHMARK(put_in_order_and_together)->Arg(2000)->Arg(8000)->Arg(60000);

}  // namespace
