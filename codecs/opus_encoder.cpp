#include "codecs/opus_encoder.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <iterator>

namespace rotunda::codecs {
namespace {

constexpr int rate_hz = 48000;
constexpr int lowest_bit_rate = 6000;

// An Opus bandwidth carries half its sample rate (RFC 7587 §6.1, maxplaybackrate). The bit rates lie in the
// upper half of what RFC 7587 §3.1.1 recommends for speech, because a mix holds more than one voice.
struct Bandwidth {
    int playback_rate_hz;
    int opus_bandwidth;
    int bit_rate;
};
constexpr std::array<Bandwidth, 5> bandwidths = {{{8000, OPUS_BANDWIDTH_NARROWBAND, 14000},
                                                  {12000, OPUS_BANDWIDTH_MEDIUMBAND, 18000},
                                                  {16000, OPUS_BANDWIDTH_WIDEBAND, 24000},
                                                  {24000, OPUS_BANDWIDTH_SUPERWIDEBAND, 32000},
                                                  {48000, OPUS_BANDWIDTH_FULLBAND, 40000}}};

// The widest band that the receiver can play in full.
const Bandwidth& bandwidth_for(int max_playback_rate_hz) {
    const Bandwidth* widest = &bandwidths.front();
    for (const Bandwidth& band : bandwidths) {
        if (band.playback_rate_hz <= max_playback_rate_hz) widest = &band;
    }
    return *widest;
}

// Opus has frames of 10, 20, 40 and 60 ms; 30 ms are three frames of 10 in one packet.
constexpr int joined_ptime_ms = 30;
constexpr int joined_frames = 3;

// The bit rates there are below a band's own: a peer chooses among them, and makes no encode of his own by a
// number of his own.
constexpr std::array bit_rates = {lowest_bit_rate, 8000, 10000, 12000, 16000, 20000, 24000, 32000};

}  // namespace

AudioSettings effective_settings(AudioSettings settings) {
    if (settings.codec != AudioCodec::opus) return settings;
    const Bandwidth& band = bandwidth_for(settings.max_playback_rate_hz);
    settings.max_playback_rate_hz = band.playback_rate_hz;
    if (settings.max_bit_rate >= band.bit_rate) settings.max_bit_rate = 0;
    if (settings.max_bit_rate > 0)
        settings.max_bit_rate =
            *std::prev(std::ranges::upper_bound(bit_rates, std::max(settings.max_bit_rate, lowest_bit_rate)));
    return settings;
}

OpusAudioEncoder::OpusAudioEncoder(const AudioSettings& settings, const EncoderTuning& tuning)
    : AudioEncoder(settings),
      tuning_(tuning),
      state_bytes_(static_cast<std::size_t>(opus_encoder_get_size(1))),
      state_(std::make_unique<std::byte[]>(state_bytes_)) {
    const int application =
        tuning.opus_use == OpusUse::voice ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO;
    [[maybe_unused]] const int error = opus_encoder_init(state(), rate_hz, 1, application);
    assert(error == OPUS_OK);
    if (settings.ptime_ms == joined_ptime_ms) {
        repacketizer_ = std::make_unique<std::byte[]>(static_cast<std::size_t>(opus_repacketizer_get_size()));
    }
    configure();
}

void OpusAudioEncoder::configure() {
    const AudioSettings& wanted = settings();
    const Bandwidth& band = bandwidth_for(wanted.max_playback_rate_hz);
    int bit_rate = band.bit_rate;
    if (wanted.max_bit_rate > 0)
        bit_rate = std::max(lowest_bit_rate, std::min(bit_rate, wanted.max_bit_rate));
    opus_encoder_ctl(state(), OPUS_SET_MAX_BANDWIDTH(band.opus_bandwidth));
    opus_encoder_ctl(state(), OPUS_SET_BITRATE(bit_rate));
    opus_encoder_ctl(state(), OPUS_SET_VBR(wanted.constant_bit_rate ? 0 : 1));
    opus_encoder_ctl(state(), OPUS_SET_INBAND_FEC(wanted.inband_fec ? 1 : 0));
    opus_encoder_ctl(state(), OPUS_SET_COMPLEXITY(std::clamp(tuning_.opus_complexity, 0, 10)));
    opus_encoder_ctl(state(), OPUS_SET_DTX(tuning_.dtx ? 1 : 0));
    opus_encoder_ctl(state(), OPUS_SET_LSB_DEPTH(16));
    set_expected_loss(tuning_.expected_loss_percent);
}

std::size_t OpusAudioEncoder::encode(Pcm pcm, MutableBytes out) {
    if (pcm.size() != frame_samples() || out.empty()) return 0;
    const std::size_t size = repacketizer_ ? encode_joined(pcm, out) : encode_frame(pcm, out);
    // libopus: "2 bytes or less: the packet does not need to be transmitted".
    return tuning_.dtx && size <= 2 ? 0 : size;
}

std::size_t OpusAudioEncoder::encode_frame(Pcm pcm, MutableBytes out) {
    const auto room = static_cast<opus_int32>(std::min(out.size(), max_payload_bytes));
    const int size = opus_encode(state(), pcm.data(), static_cast<int>(pcm.size()), out.data(), room);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::size_t OpusAudioEncoder::encode_joined(Pcm pcm, MutableBytes out) {
    auto* packets = reinterpret_cast<OpusRepacketizer*>(repacketizer_.get());
    opus_repacketizer_init(packets);
    std::array<std::array<std::uint8_t, max_payload_bytes / joined_frames>, joined_frames> frames;
    const std::size_t samples = pcm.size() / joined_frames;
    for (std::size_t i = 0; i < joined_frames; ++i) {
        const std::size_t size = encode_frame(pcm.subspan(i * samples, samples), frames[i]);
        if (size == 0) return 0;
        if (opus_repacketizer_cat(packets, frames[i].data(), static_cast<opus_int32>(size)) == OPUS_OK)
            continue;
        // All frames of a packet share mode and bandwidth (RFC 6716 §3.1). Where the encoder has just changed
        // them, this frame goes out empty, which the receiver conceals: 10 ms, a few times in a call.
        frames[i][0] = frames[0][0];
        opus_repacketizer_cat(packets, frames[i].data(), 1);
    }
    const int size = opus_repacketizer_out(packets, out.data(), static_cast<opus_int32>(out.size()));
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

bool OpusAudioEncoder::copy_state_from(const AudioEncoder& other) {
    const auto* opus = dynamic_cast<const OpusAudioEncoder*>(&other);
    if (opus == nullptr || opus->settings() != settings()) return false;
    std::memcpy(state_.get(), opus->state_.get(), state_bytes_);
    tuning_ = opus->tuning_;
    return true;
}

void OpusAudioEncoder::reset() {
    opus_encoder_ctl(state(), OPUS_RESET_STATE);
}

void OpusAudioEncoder::set_expected_loss(int percent) {
    tuning_.expected_loss_percent = std::clamp(percent, 0, 100);
    opus_encoder_ctl(state(), OPUS_SET_PACKET_LOSS_PERC(tuning_.expected_loss_percent));
}

}  // namespace rotunda::codecs
