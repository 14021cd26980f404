// The middle of a room's tick: who is heard, at which rates, and what everybody hears.
#include <algorithm>
#include <array>

#include "media/media_room.hpp"

namespace rotunda::media {

using std::chrono::milliseconds;

void MediaRoom::mix() {
    selector_.select(talkers_);
    seat_voices({}, buses_.rates());
    sum_voices();
    finish_mix();
}

void MediaRoom::sum_voices() {
    for (const int rate : codec_rates_hz)
        if (rates_ & only_rate(rate)) sum(rate);
}

// All voices are in the sums.
void MediaRoom::finish_mix() {
    for (const int rate : codec_rates_hz) {
        if (!(rates_ & only_rate(rate))) continue;
        add_comfort_noise(rate);
        add_chime(rate);
    }
    chime_.advance(milliseconds(block_ms_));
    serve_buses();
    context_.counters.encodes += buses_.take_encodes();
    stage_ = Stage::send;
    at_ = 0;
}

// `audiences`, `rates`: those to sum for even if none of their listeners is in this shard; further audiences
// are found here.
void MediaRoom::seat_voices(mixer::AudienceSet audiences, RateSet rates) {
    audiences_ = audiences;
    audiences_.add(mixer::Audience::listener);
    rates_ = rates;
    is_silent_ = true;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        Member& member = members_[i];
        if (talkers_[i].is_audible()) {
            hear(i);
            is_silent_ = false;
        } else {
            if (member.gain) member.gain->skip();
            if (member.voice) idle_voices_.push_back(std::move(member.voice));
        }
        const mixer::Audience audience = mixer::audience_of(talkers_[i]);
        audiences_.add(audience);
        if (audience != mixer::Audience::listener || member.hears_nothing())
            buses_.make_private(member.listener, position_ms_);
    }
}

void MediaRoom::hear(std::size_t index) {
    Member& member = members_[index];
    alignas(64) std::array<std::int16_t, mixer::max_block_samples> scratch;
    // Before give_voice(): decoding may change the rate.
    const Pcm voice = voice_of(index, scratch);
    give_voice(member);
    member.voice->feed(voice, milliseconds(block_ms_), rates_);
}

// Who has been muted keeps his place until he has faded out of it. The operator's gain comes last: no
// automatic one works against it.
Pcm MediaRoom::voice_of(std::size_t index, MutablePcm scratch) {
    Member& member = members_[index];
    if (member.is_muted()) return {};
    const Duration block = milliseconds(block_ms_);
    // Before rate_hz() is asked: decoding may change it.
    const Pcm heard = member.session->warm(block);
    const VoiceTreatment::Wishes wishes{settings_.automatic_gain,
                                        member.noise_suppression.value_or(settings_.noise_suppression)};
    const int rate_hz = member.session->receiver().rate_hz();
    const Pcm voice =
        member.treatment.treat(heard, rate_hz, talkers_[index].is_speaking(), wishes, block, scratch);
    return member.gain ? member.gain->apply(voice, rate_hz) : voice;
}

void MediaRoom::give_voice(Member& member) {
    const int from = member.session->receiver().rate_hz();
    if (member.voice && member.voice->from_hz() == from) return;
    if (!member.voice && !idle_voices_.empty()) {
        member.voice = std::move(idle_voices_.back());
        idle_voices_.pop_back();
    }
    if (!member.voice) member.voice = std::make_unique<Voice>();
    member.voice->start(from);
}

void MediaRoom::sum(int rate_hz) {
    const std::size_t samples = samples_in(rate_hz, block_ms_);
    mixer::TalkerSums& sums = context_.mix.sums[rate_index(rate_hz)];
    sums.begin(rate_hz, samples, audiences_);
    context_.mix.silence[rate_index(rate_hz)].begin(rate_hz, samples);
    for (std::size_t i = 0; i < members_.size(); ++i)
        if (members_[i].voice) sums.add(members_[i].voice->at(rate_hz), talkers_[i]);
}

void MediaRoom::add_chime(int rate_hz) {
    if (!chime_.is_playing()) return;
    std::array<std::int16_t, mixer::max_block_samples> chime;
    const MutablePcm pcm{chime.data(), samples_in(rate_hz, block_ms_)};
    chime_.fill(pcm, rate_hz);
    context_.mix.sums[rate_index(rate_hz)].add_to_all(pcm);
}

// A participant alone in the room hears silence, not noise: silence costs nothing.
void MediaRoom::add_comfort_noise(int rate_hz) {
    constexpr int silence = 127;
    codecs::ComfortNoise& noise = comfort_noise_[rate_index(rate_hz)];
    const int before = noise.level();
    noise.set_level(is_silent_ && population() > 1 ? settings_.comfort_noise_minus_dbov : silence);
    if (before == silence && noise.level() == silence) return;
    std::array<std::int16_t, mixer::max_block_samples> block;
    const MutablePcm pcm{block.data(), samples_in(rate_hz, block_ms_)};
    noise.fill(pcm);
    context_.mix.sums[rate_index(rate_hz)].add_to_all(pcm);
}

BusInput MediaRoom::input_for(std::size_t index, int rate_hz, MutablePcm scratch) const {
    const Member& member = members_[index];
    const mixer::TalkerSums& sums = context_.mix.sums[rate_index(rate_hz)];
    if (member.hears_nothing()) return {&context_.mix.silence[rate_index(rate_hz)], {}};
    const mixer::Audience audience = mixer::audience_of(talkers_[index]);
    const mixer::AudioMixer& heard = sums.heard_by(audience);
    if (audience == mixer::Audience::listener) return {&heard, {}};
    const Pcm voice = member.voice->at(rate_hz);
    return {&heard, mixer::own_share(voice, audience, scratch.first(voice.size()))};
}

void MediaRoom::serve_buses() {
    PerRate<const mixer::AudioMixer*> listeners;
    std::ranges::transform(context_.mix.sums, listeners.begin(),
                           [](const auto& sums) { return &sums.heard_by(mixer::Audience::listener); });
    buses_.serve_shared(listeners);
    for (std::size_t i = 0; i < members_.size(); ++i)
        if (members_[i].listener.is_private()) serve_private(i);
}

void MediaRoom::serve_private(std::size_t index) {
    Member& member = members_[index];
    std::array<std::int16_t, mixer::max_block_samples> scratch;
    const BusInput input = input_for(index, member.listener.rate_hz(), scratch);
    const bool as_all =
        mixer::audience_of(talkers_[index]) == mixer::Audience::listener && !member.hears_nothing();
    buses_.serve_private(member.listener, input, as_all, milliseconds(block_ms_), position_ms_);
}

}  // namespace rotunda::media
