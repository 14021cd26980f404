#include "media/loudness_hint.hpp"

#include <algorithm>
#include <utility>

#include "codecs/g711.hpp"
#include "codecs/opus_packet.hpp"

namespace rotunda::media {

namespace {

float level_of(codecs::G711Law law, Bytes payload) {
    return std::max(mixer::silence_dbov, -static_cast<float>(codecs::g711_level(law, payload)));
}

}  // namespace

std::optional<float> loudness_hint(AudioCodec codec, Bytes payload) {
    switch (codec) {
        case AudioCodec::pcmu:
            return level_of(codecs::G711Law::mu, payload);
        case AudioCodec::pcma:
            return level_of(codecs::G711Law::a, payload);
        case AudioCodec::opus: {
            const auto opus = codecs::inspect_opus(payload);
            // What is malformed has no sound; neither has DTX.
            if (!opus || codecs::is_opus_dtx(payload) || opus->voice == false) return mixer::silence_dbov;
            return std::nullopt;
        }
        case AudioCodec::g722:
            return std::nullopt;
    }
    return std::nullopt;
}

void ShownLoudness::add(std::optional<float> hint, bool measured, Duration packet) {
    if (std::exchange(taken_, false)) shown_ = {mixer::silence_dbov, false, true};
    lasts_ = packet;
    shown_.dbov = std::max(shown_.dbov, hint.value_or(mixer::silence_dbov));
    shown_.is_unknown |= !hint;
    shown_.is_measured &= measured;
}

ShownLoudness::Tick ShownLoudness::take(Duration tick) {
    if (taken_ && lasts_ <= Duration::zero()) shown_ = {};
    taken_ = true;
    lasts_ -= tick;
    return shown_;
}

}  // namespace rotunda::media
