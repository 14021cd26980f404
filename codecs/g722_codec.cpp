#include "codecs/g722_codec.hpp"

#include <algorithm>

namespace rotunda::codecs {
namespace {

constexpr int bit_rate = 64000;
constexpr int no_options = 0;  // 16 kHz PCM, one octet for two samples

// ITU-T G.722 table 11, times 8192: every second coefficient; the other ones are the same in reverse.
constexpr std::array<int, 12> qmf = {3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};

std::int16_t saturate(int x) {
    return static_cast<std::int16_t>(std::clamp(x, -32768, 32767));
}

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

void G722Synthesis::push(int low, int high, std::int16_t* two) {
    newest_ = (newest_ + taps - 1) % taps;
    difference_[newest_] = difference_[newest_ + taps] = static_cast<std::int16_t>(low - high);
    sum_[newest_] = sum_[newest_ + taps] = static_cast<std::int16_t>(low + high);
    int first = 0;
    int second = 0;
    for (std::size_t i = 0; i < taps; ++i) {
        first += qmf[i] * difference_[newest_ + i];
        second += qmf[taps - 1 - i] * sum_[newest_ + i];
    }
    // 8192 is one; twice that for the bank, twice again from 15 bits to 16.
    two[0] = saturate(first >> 11);
    two[1] = saturate(second >> 11);
}

G722Decoder::G722Decoder() : AudioDecoder(AudioCodec::g722) {
    reset();
}

void G722Decoder::reset() {
    g722_decode_init(&state_, bit_rate, no_options);
    state_.itu_test_mode = 1;  // gives the bands instead of PCM, in turn, shifted to 16 bits
    synthesis_.reset();
    concealer_.reset();
}

std::optional<std::size_t> G722Decoder::decode(Bytes payload, MutablePcm out) {
    const std::optional<std::size_t> samples = payload_samples(AudioCodec::g722, payload);
    if (!samples || *samples > out.size()) return std::nullopt;
    g722_decode(&state_, out.data(), payload.data(), static_cast<int>(payload.size()));
    for (std::size_t i = 0; i < *samples; i += 2) synthesis_.push(out[i] >> 1, out[i + 1] >> 1, &out[i]);
    concealer_.on_good(out.first(*samples));
    return samples;
}

void G722Decoder::conceal(MutablePcm out) {
    concealer_.conceal(out);
}

}  // namespace rotunda::codecs
