// Any datagram as RTCP, read block by block and by a session that must not believe it too much.
#include "base/random.hpp"
#include "rtp/rtcp_feedback.hpp"
#include "rtp/rtcp_session.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

namespace {

constexpr std::uint32_t peer = 0x11223344;

void read_feedback(const Feedback& feedback) {
    KeyframeRequests().on_feedback(feedback, peer);
    if (const auto limit = read_tmmbr(feedback, peer))
        require(limit->overhead < 512, "nine bits of overhead");
    read_remb(feedback, peer);
    auto lost = read_nack(feedback, peer);
    std::size_t asked = 0;
    while (lost && lost->next())
        require(++asked <= feedback.control.size() / 4 * 17, "seventeen packets for each entry");
}

void walk(Bytes datagram) {
    RtcpReader reader(datagram);
    std::size_t blocks = 0;
    while (const auto block = reader.next()) {
        require(++blocks <= datagram.size() / 4, "every block takes at least a word");
        if (const auto* report = std::get_if<SenderReport>(&*block))
            for (std::size_t i = 0; i < report->reports.size(); ++i) report->reports.at(i);
        if (const auto* bye = std::get_if<Bye>(&*block)) bye->names(peer);
        if (const auto* text = std::get_if<SourceDescription>(&*block))
            require(text->cname.size() <= 255, "an item has a length of one octet");
        if (const auto* feedback = std::get_if<Feedback>(&*block)) {
            require(feedback->control.size() <= datagram.size(), "control information is inside");
            read_feedback(*feedback);
        }
    }
    require(reader.error() == RtcpError::none || blocks == 0, "a refused datagram yields nothing");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes datagram(data, size);
    walk(datagram);

    SeededRandom random(1);
    const TimePoint now = TimePoint{} + std::chrono::seconds(1000);
    RtcpSession session({"a@b", std::chrono::seconds(1'700'000'000)}, random, now);
    RtpSender sender(random);
    ReceiverStatistics received;
    for (std::uint16_t i = 0; i < 3; ++i) received.on_packet({false, 0, i, i * 160u, peer}, 8000, now);
    session.on_datagram(datagram, peer, received, now);
    require(!session.round_trip() || *session.round_trip() >= Duration{}, "a round trip takes time");

    std::uint8_t out[max_rtcp_size];
    const Bytes report = session.write_bye(now, sender, received, out);
    require(RtcpReader(report).error() == RtcpError::none && !report.empty(), "we read what we write");
    return 0;
}
