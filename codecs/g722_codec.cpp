#include "codecs/g722_codec.hpp"

namespace rotunda::codecs {
namespace {

constexpr int bit_rate = 64000;
constexpr int no_options = 0;  // 16 kHz PCM, one octet for two samples

}  // namespace

G722Encoder::G722Encoder(const AudioSettings& settings) : AudioEncoder(settings) {
    reset();
}

void G722Encoder::reset() {
    g722_encode_init(&state_, bit_rate, no_options);
}

std::size_t G722Encoder::encode(Pcm pcm, MutableBytes out) {
    if (pcm.size() != frame_samples() || out.size() < pcm.size() / 2) return 0;
    return static_cast<std::size_t>(
        g722_encode(&state_, out.data(), pcm.data(), static_cast<int>(pcm.size())));
}

bool G722Encoder::copy_state_from(const AudioEncoder& other) {
    const auto* g722 = dynamic_cast<const G722Encoder*>(&other);
    if (g722 == nullptr || g722->settings() != settings()) return false;
    state_ = g722->state_;
    return true;
}

G722Decoder::G722Decoder() : AudioDecoder(AudioCodec::g722) {
    reset();
}

void G722Decoder::reset() {
    g722_decode_init(&state_, bit_rate, no_options);
    concealer_.reset();
}

std::optional<std::size_t> G722Decoder::decode(Bytes payload, MutablePcm out) {
    const std::optional<std::size_t> samples = payload_samples(AudioCodec::g722, payload);
    if (!samples || *samples > out.size()) return std::nullopt;
    g722_decode(&state_, out.data(), payload.data(), static_cast<int>(payload.size()));
    concealer_.on_good(out.first(*samples));
    return samples;
}

void G722Decoder::conceal(MutablePcm out) {
    concealer_.conceal(out);
}

}  // namespace rotunda::codecs
