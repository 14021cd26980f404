#include "codecs/audio_encoder.hpp"

#include "codecs/g711_codec.hpp"
#include "codecs/g722_codec.hpp"
#include "codecs/opus_encoder.hpp"

namespace rotunda::codecs {
namespace {

bool in_range(const AudioSettings& settings) {
    const int ptime = settings.ptime_ms;
    const bool known = ptime == 10 || ptime == 20 || ptime == 30 || ptime == 40 || ptime == 60;
    return known && settings.max_playback_rate_hz >= 8000 && settings.max_bit_rate >= 0;
}

}  // namespace

void AudioEncoder::set_expected_loss(int) {}

std::unique_ptr<AudioEncoder> make_encoder(const AudioSettings& settings, const EncoderTuning& tuning) {
    if (!in_range(settings)) return nullptr;
    switch (settings.codec) {
        case AudioCodec::pcmu:
            return std::make_unique<G711Encoder>(settings, G711Law::mu);
        case AudioCodec::pcma:
            return std::make_unique<G711Encoder>(settings, G711Law::a);
        case AudioCodec::g722:
            return std::make_unique<G722Encoder>(settings);
        case AudioCodec::opus:
            return std::make_unique<OpusAudioEncoder>(settings, tuning);
    }
    return nullptr;
}

int codec_delay_samples(AudioCodec codec) {
    switch (codec) {
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            return 0;
        case AudioCodec::g722:
            return 22;
        case AudioCodec::opus:
            return 312;
    }
    return 0;
}

}  // namespace rotunda::codecs
