// A stream of packets for one decoder, and for the meter of CELT packets. First octet: the codec. Then
// packets, each after an octet that says how it is met (decoded, lost, restored from) and one that gives its
// length.
#include "codecs/audio_decoder.hpp"

#include <array>

#include "base/byte_reader.hpp"
#include "codecs/celt_meter.hpp"
#include "codecs/comfort_noise.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using rotunda::fuzz::require;

namespace {

constexpr int most_packets = 50;

void meet(AudioDecoder& decoder, std::uint8_t how, Bytes payload) {
    std::array<std::int16_t, max_packet_samples> pcm;
    const std::size_t step = samples_in(decoder.rate_hz(), 10);
    const MutablePcm hole = MutablePcm(pcm).first(step * (1 + how / 4 % 12));
    switch (how % 4) {
        case 0:
            decoder.conceal(hole);
            break;
        case 1:
            if (!decoder.decode_fec(payload, hole)) decoder.conceal(hole);
            [[fallthrough]];
        default: {
            const auto announced = payload_samples(decoder.codec(), payload);
            const auto decoded = decoder.decode(payload, pcm);
            require(!decoded || decoded == announced, "a payload is as long as announced");
        }
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(Bytes(data, size));
    const auto decoder = make_decoder(static_cast<AudioCodec>(in.u8() % 4));
    ComfortNoise noise;
    CeltMeter meter;
    for (int packet = 0; packet < most_packets && in.remaining() > 2; ++packet) {
        const std::uint8_t how = in.u8();
        const std::size_t length = in.u8();
        const Bytes payload = in.take(std::min(length, in.remaining()));
        meet(*decoder, how, payload);
        const float level = meter.level_of(payload);
        require(level >= -127 && level <= 0, "a level is in its range");
        if ((how & 0x80) != 0) meter.interrupt();
        if (noise.on_payload(payload)) {
            std::array<std::int16_t, 80> pcm;
            noise.fill(pcm);
        }
    }
    return 0;
}
