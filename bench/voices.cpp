#include "bench/voices.hpp"

#include <algorithm>
#include <optional>

namespace rotunda::bench {

Result<Voices> make_voices(const LoadOptions& options) {
    Voices voices;
    std::optional<Wav> speech;
    if (!options.speech.empty()) {
        auto wav = read_wav(options.speech);
        if (!wav) return fail_with(options.speech + ": " + wav.error().message);
        speech = std::move(wav).value();
    }
    AudioSettings settings;
    settings.codec = options.codec;
    settings.ptime_ms = options.ptime_ms;
    const std::size_t talkers = std::min(distinct_signatures, options.rooms * options.talkers);
    for (std::size_t i = 0; i < talkers; ++i) {
        voices.talkers.push_back(make_talker(settings, i));
        if (speech) voices.speakers.push_back(make_speaker(settings, i, *speech));
    }
    voices.listener.push_back(options.dtx ? make_quiet_listener(settings) : make_listener(settings));
    return voices;
}

}  // namespace rotunda::bench
