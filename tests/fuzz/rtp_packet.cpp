// Any datagram on a media port as RTP: header, extension elements, and the digit receiver behind it.
#include "rtp/rtp_packet.hpp"

#include "rtp/classify.hpp"
#include "rtp/dtmf_receiver.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes datagram(data, size);
    classify(datagram);
    const auto packet = RtpPacket::parse(datagram);
    if (!packet) return 0;
    require(packet->payload.size() + rtp_header_size + 4u * packet->csrc_count <= size,
            "the payload is inside");
    for (int id = 0; id < 256; ++id) {
        if (!packet->extension) break;
        const auto element = packet->extension->element(static_cast<std::uint8_t>(id));
        require(!element || element->size() <= packet->extension->body.size(), "an element is inside");
        if (const auto level = packet->audio_level(static_cast<std::uint8_t>(id)))
            require(level->level <= 127, "a level has seven bits");
    }
    DtmfReceiver receiver;
    RtpPacket event = *packet;
    for (int i = 0; i < 3; ++i) {
        receiver.on_packet(event, 8000, TimePoint{} + std::chrono::milliseconds(20 * i));
        event.header.timestamp += event.payload.size() > 3 ? event.payload[3] : 0xffff;
    }
    return 0;
}
