#include "mixer/talker_sums.hpp"

#include <algorithm>
#include <cassert>

namespace rotunda::mixer {

namespace {

using Place = Talker::Place;

constexpr std::array all_audiences = {Audience::listener, Audience::talker, Audience::entering,
                                      Audience::leaving};

bool is_heard(Place place, bool by_talkers) {
    return place == Place::seated || (by_talkers && place == Place::next);
}

// Who is heard in mid-sound comes in quickly, so that a word loses nothing.
Pcm risen(Pcm voice, MutablePcm scratch) {
    std::ranges::copy(voice, scratch.begin());
    fade_in(scratch, scratch.size() / 8);
    return scratch;
}

Pcm fallen(Pcm voice, MutablePcm scratch) {
    std::ranges::copy(voice, scratch.begin());
    fade_out(scratch, scratch.size());
    return scratch;
}

}  // namespace

Audience audience_of(const Talker& talker) {
    const bool was_seated = talker.previous_place() == Place::seated;
    const bool is_seated = talker.place() == Place::seated;
    if (was_seated == is_seated) return is_seated ? Audience::talker : Audience::listener;
    return is_seated ? Audience::entering : Audience::leaving;
}

void TalkerSums::begin(int rate_hz, std::size_t samples, AudienceSet wanted) {
    wanted_ = wanted;
    samples_ = samples;
    for (const Audience audience : all_audiences)
        if (wanted_.has(audience)) sum_for(audience).begin(rate_hz, samples);
}

void TalkerSums::add(Pcm voice, const Talker& talker) {
    assert(voice.size() == samples_);
    alignas(64) std::array<std::int16_t, max_block_samples> ramp;
    const MutablePcm scratch{ramp.data(), samples_};
    for (const Audience audience : all_audiences) {
        if (!wanted_.has(audience)) continue;
        const bool to_talkers_before = audience == Audience::talker || audience == Audience::leaving;
        const bool to_talkers_after = audience == Audience::talker || audience == Audience::entering;
        const bool before = is_heard(talker.previous_place(), to_talkers_before);
        const bool after = is_heard(talker.place(), to_talkers_after);
        if (!before && !after) continue;
        const Pcm share = before && after ? voice : after ? risen(voice, scratch) : fallen(voice, scratch);
        sum_for(audience).add(share);
    }
}

void TalkerSums::add(const TalkerSums& part) {
    for (const Audience audience : all_audiences)
        if (wanted_.has(audience)) sum_for(audience).add(part.heard_by(audience).total());
}

void TalkerSums::add_to_all(Pcm sound) {
    for (const Audience audience : all_audiences)
        if (wanted_.has(audience)) sum_for(audience).add(sound);
}

Pcm own_share(Pcm voice, Audience audience, MutablePcm scratch) {
    switch (audience) {
        case Audience::listener:
            return {};
        case Audience::talker:
            return voice;
        case Audience::entering:
            return risen(voice, scratch);
        case Audience::leaving:
            return fallen(voice, scratch);
    }
    return {};
}

}  // namespace rotunda::mixer
