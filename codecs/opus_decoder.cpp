#include "codecs/opus_decoder.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <cassert>

#include "codecs/opus_packet.hpp"

namespace rotunda::codecs {
namespace {

constexpr int opus_rate_hz = 48000;
constexpr std::size_t granule = 120;  // libopus conceals in steps of 2.5 ms

}  // namespace

// Made for one channel, libopus folds stereo itself: half the sum of left and right.
OpusAudioDecoder::OpusAudioDecoder()
    : AudioDecoder(AudioCodec::opus),
      state_(std::make_unique<std::byte[]>(static_cast<std::size_t>(opus_decoder_get_size(1)))) {
    [[maybe_unused]] const int error = opus_decoder_init(state(), opus_rate_hz, 1);
    assert(error == OPUS_OK);
}

std::optional<std::size_t> OpusAudioDecoder::decode(Bytes payload, MutablePcm out) {
    const std::optional<std::size_t> samples = payload_samples(AudioCodec::opus, payload);
    if (!samples || *samples > out.size()) return std::nullopt;
    const int decoded = opus_decode(state(), payload.data(), static_cast<opus_int32>(payload.size()),
                                    out.data(), static_cast<int>(*samples), 0);
    if (decoded < 0) return std::nullopt;
    return static_cast<std::size_t>(decoded);
}

bool OpusAudioDecoder::decode_fec(Bytes next, MutablePcm out) {
    const std::optional<OpusPacketInfo> info = inspect_opus(next);
    if (!info || !info->has_fec) return false;
    const std::size_t frame = info->samples / static_cast<std::size_t>(info->frames);
    if (out.size() < frame || out.size() > max_packet_samples || out.size() % granule != 0) return false;
    const int decoded = opus_decode(state(), next.data(), static_cast<opus_int32>(next.size()), out.data(),
                                    static_cast<int>(out.size()), 1);
    return decoded == static_cast<int>(out.size());
}

void OpusAudioDecoder::conceal(MutablePcm out) {
    const std::size_t whole = std::min(out.size() - out.size() % granule, max_packet_samples);
    int decoded = 0;
    if (whole > 0) decoded = opus_decode(state(), nullptr, 0, out.data(), static_cast<int>(whole), 0);
    std::fill(out.begin() + std::max(decoded, 0), out.end(), std::int16_t{0});
}

void OpusAudioDecoder::reset() {
    opus_decoder_ctl(state(), OPUS_RESET_STATE);
}

}  // namespace rotunda::codecs
