#include "bench/voices.hpp"

#include <algorithm>
#include <optional>

namespace rotunda::bench {
namespace {

TalkTrack make_silent(const TrackFormat& format, const LoadOptions& options) {
    TalkTrack track = options.dtx ? make_quiet_listener(format) : make_listener(format);
    if (options.marked) track.mark();
    return track;
}

KindVoices make_kind(const CallerKind& kind, const LoadOptions& options, const std::optional<Wav>& speech) {
    KindVoices voices;
    voices.kind = kind;
    const TrackFormat format{kind, options.ptime_ms};
    const std::size_t talkers = std::min(distinct_signatures, options.rooms * options.talkers);
    for (std::size_t i = 0; i < talkers; ++i) {
        voices.talkers.push_back(make_talker(format, i));
        if (speech) voices.speakers.push_back(make_speaker(format, i, *speech));
    }
    voices.listener.push_back(make_silent(format, options));
    if (options.babble > 0) voices.babble.push_back(make_babble(format));
    return voices;
}

}  // namespace

KindVoices& Voices::of(const CallerKind& kind) {
    return *std::ranges::find(kinds, kind, &KindVoices::kind);
}

Result<Voices> make_voices(const LoadOptions& options) {
    Voices voices;
    std::optional<Wav> speech;
    if (!options.speech.empty()) {
        auto wav = read_wav(options.speech);
        if (!wav) return fail_with(options.speech + ": " + wav.error().message);
        speech = std::move(wav).value();
    }
    voices.has_speech = speech.has_value();
    for (const CallerKind& kind : options.kinds)
        if (std::ranges::find(voices.kinds, kind, &KindVoices::kind) == voices.kinds.end())
            voices.kinds.push_back(make_kind(kind, options, speech));
    return voices;
}

}  // namespace rotunda::bench
