#include "media/loudness_hint.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "codecs/g711.hpp"
#include "codecs/opus_packet.hpp"

namespace rotunda::media {

namespace {

constexpr float fall_db_per_s = 20.0f;
constexpr float far_off_db = 25.0f;
constexpr float quiet_dbov = -50.0f;  // below that nobody comes before anybody
// More than any sound waits to be played. Who is wronged by it is decoded, and heard as before.
constexpr Duration believed_for = std::chrono::milliseconds(500);

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

void MarkTrust::note(float said_dbov, std::optional<float> heard_dbov, Duration tick) {
    const float fall = fall_db_per_s * std::chrono::duration<float>(tick).count();
    said_ = std::max(said_dbov, said_ - fall);
    heard_ = std::max(heard_dbov.value_or(mixer::silence_dbov), heard_ - fall);
    if (!heard_dbov) return;
    const bool is_wrong = std::abs(said_ - heard_) > far_off_db && std::max(said_, heard_) > quiet_dbov;
    contradicted_ = is_wrong ? contradicted_ + tick : Duration::zero();
}

bool MarkTrust::is_lost() const {
    return contradicted_ >= believed_for;
}

}  // namespace rotunda::media
