#include "codecs/audio_decoder.hpp"

#include "codecs/g711_codec.hpp"
#include "codecs/g722_codec.hpp"
#include "codecs/opus_decoder.hpp"
#include "codecs/opus_packet.hpp"

namespace rotunda::codecs {
namespace {

constexpr std::size_t samples_per_g722_octet = 2;

std::optional<std::size_t> bounded(std::size_t samples, AudioCodec codec) {
    if (samples == 0 || samples > samples_in(audio_rate_hz(codec), max_packet_ms)) return std::nullopt;
    return samples;
}

}  // namespace

bool AudioDecoder::decode_fec(Bytes, MutablePcm) {
    return false;
}

std::unique_ptr<AudioDecoder> make_decoder(AudioCodec codec) {
    switch (codec) {
        case AudioCodec::pcmu:
            return std::make_unique<G711Decoder>(codec, G711Law::mu);
        case AudioCodec::pcma:
            return std::make_unique<G711Decoder>(codec, G711Law::a);
        case AudioCodec::g722:
            return std::make_unique<G722Decoder>();
        case AudioCodec::opus:
            return std::make_unique<OpusAudioDecoder>();
    }
    return nullptr;
}

std::optional<std::size_t> payload_samples(AudioCodec codec, Bytes payload) {
    switch (codec) {
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            return bounded(payload.size(), codec);
        case AudioCodec::g722:
            return bounded(payload.size() * samples_per_g722_octet, codec);
        case AudioCodec::opus: {
            const std::optional<OpusPacketInfo> info = inspect_opus(payload);
            if (!info) return std::nullopt;
            return bounded(info->samples, codec);
        }
    }
    return std::nullopt;
}

}  // namespace rotunda::codecs
