#include "media/media_room.hpp"

#include <algorithm>
#include <cassert>

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

constexpr Duration grid = milliseconds(20);
// Slices of about a millisecond at most: a read with its decode costs up to 30 us, a send about 3.
constexpr std::size_t receive_slice_size = 32;
constexpr std::size_t send_slice_size = 192;
// RTCP sockets are read every so many ticks, each session's in its turn.
constexpr std::uint64_t rtcp_read_every = 5;
constexpr Duration late = milliseconds(5);
// A worker that comes so late gives ticks up: as many as keep every ptime's frames (10 to 60 ms) where they
// were.
constexpr Duration catch_up_limit = milliseconds(200);
constexpr Duration frame_cycle = milliseconds(120);
constexpr std::uint64_t loss_review_ms = 5000;
// Short ticks stay so long after they were last needed: each change starts everybody's delay control anew,
// and a sender whose packets vary must not do that to the others.
constexpr std::uint64_t short_ticks_stay_ms = 10'000;

// What a peer can hear of it decides how fast the room must run.
int audible_rate_hz(const AudioSettings& settings) {
    const int rate = std::min(settings.max_playback_rate_hz, audio_rate_hz(settings.codec));
    return rate <= 8000 ? 8000 : rate <= 16000 ? 16000 : 48000;
}

bool needs_short_ticks(int ptime_ms) {
    return ptime_ms % 20 != 0;
}

}  // namespace

MediaRoom::MediaRoom(RoomId id, const RoomSettings& settings, Duration phase, MediaContext& context)
    : id_(id),
      settings_(settings),
      phase_(phase),
      context_(context),
      selector_(static_cast<std::size_t>(std::max(1, settings.max_talkers))),
      buses_(context.encoders, initial_rate_hz) {}

MediaRoom::~MediaRoom() {
    for (Member& member : members_) buses_.detach(member.listener);
}

std::size_t MediaRoom::find(ParticipantId participant) const {
    const auto is_it = [participant](const Member& m) { return m.session->participant() == participant; };
    return static_cast<std::size_t>(std::ranges::find_if(members_, is_it) - members_.begin());
}

void MediaRoom::join(JoinRoom& join, TimePoint now) {
    if (find(join.participant) < members_.size()) return;
    if (members_.empty()) {
        const auto since_grid = (now - phase_).time_since_epoch() % grid;
        deadline_ = now + (grid - since_grid);
    }
    Member member;
    member.session = std::make_unique<MediaSession>(id_, join, settings_.silence_timeout,
                                                    milliseconds(block_ms_), context_, now);
    members_.push_back(std::move(member));
    talkers_.emplace_back();
    selector_.reserve(talkers_.capacity());
    attach(members_.back());
    if (members_.size() > 1)
        chime_.stop();
    else if (settings_.alone_prompt && !chimed_)
        chime_.start();
    chimed_ = true;
}

void MediaRoom::update(const UpdateLeg& update, TimePoint now) {
    const std::size_t i = find(update.participant);
    if (i == members_.size()) return;
    Member& member = members_[i];
    const AudioSettings sent = member.session->leg().send;
    if (!member.session->update(update.audio, now)) return;
    const AudioLeg& leg = member.session->leg();
    if (leg.send != sent || leg.sends != member.listener.is_attached()) attach(member);
}

void MediaRoom::leave(ParticipantId participant, TimePoint now) {
    const std::size_t i = find(participant);
    if (i == members_.size()) return;
    Member& member = members_[i];
    buses_.detach(member.listener);
    if (member.voice) idle_voices_.push_back(std::move(member.voice));
    context_.events.push_back(LegEnded{id_, participant, member.session->end(now)});
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
    talkers_.erase(talkers_.begin() + static_cast<std::ptrdiff_t>(i));
    choose_rate();
}

void MediaRoom::attach(Member& member) {
    const AudioLeg& leg = member.session->leg();
    if (leg.sends)
        buses_.attach(member.listener, leg.send, position_ms_);
    else
        buses_.detach(member.listener);
    if (leg.sends && needs_short_ticks(leg.send.ptime_ms))
        short_until_ms_ = position_ms_ + short_ticks_stay_ms;
    choose_rate();
}

// The highest rate anyone who is sent something can hear. While nobody is, it stays. Who is held will be sent
// something again: hold and resume must not move the others to another rate and back.
void MediaRoom::choose_rate() {
    int highest = 0;
    for (const Member& member : members_)
        if (member.listener.is_attached() || member.session->leg().on_hold)
            highest = std::max(highest, audible_rate_hz(member.session->leg().send));
    if (highest > 0) wanted_rate_hz_ = highest;
}

std::optional<TimePoint> MediaRoom::next_timeout() const {
    if (members_.empty()) return std::nullopt;
    return deadline_;
}

void MediaRoom::finish_tick(TimePoint now) {
    while (is_mid_tick()) run_slice(now);
}

void MediaRoom::run_slice(TimePoint now) {
    switch (stage_) {
        case Stage::idle:
            begin_tick(now);
            [[fallthrough]];
        case Stage::receive:
            return receive_slice(now);
        case Stage::mix:
            mix();
            stage_ = Stage::send;
            at_ = 0;
            return;
        case Stage::send:
            return send_slice(now);
    }
}

void MediaRoom::begin_tick(TimePoint now) {
    if (now - deadline_ > catch_up_limit) give_up_ticks(now);
    if (now - deadline_ > late) ++context_.counters.late_ticks;
    ++context_.counters.ticks;
    ++ticks_;
    choose_block();
    stage_ = Stage::receive;
    at_ = 0;
}

void MediaRoom::give_up_ticks(TimePoint now) {
    const Duration lost = (now - deadline_) / frame_cycle * frame_cycle;
    deadline_ += lost;
    for (Member& member : members_) member.session->skip(lost);
    context_.counters.skipped_ticks += static_cast<std::uint64_t>(lost / milliseconds(block_ms_));
}

// 20 ms, and 10 ms while someone needs it; back to 20 only where all 20 ms frames end.
void MediaRoom::choose_block() {
    const int wanted = position_ms_ < short_until_ms_ || position_ms_ % 20 != 0 ? 10 : 20;
    if (wanted == block_ms_) return;
    block_ms_ = wanted;
    for (Member& member : members_) member.session->receiver().set_tick(milliseconds(wanted));
}

void MediaRoom::receive_slice(TimePoint now) {
    const std::size_t end = std::min(members_.size(), at_ + receive_slice_size);
    for (; at_ < end; ++at_) receive(at_, now);
    if (at_ == members_.size()) stage_ = Stage::mix;
}

void MediaRoom::receive(std::size_t index, TimePoint now) {
    Member& member = members_[index];
    member.session->receive(deadline_, now);
    if ((ticks_ + index) % rtcp_read_every == 0) member.session->receive_rtcp();
    member.heard = member.session->pull(deadline_, milliseconds(block_ms_));
    talkers_[index].update(mixer::level_dbov(member.heard), milliseconds(block_ms_));
}

void MediaRoom::mix() {
    selector_.select(talkers_);
    seat_voices();
    sum(0, rate_hz_);
    if (is_changing_rate()) sum(1, wanted_rate_hz_);
    serve_buses();
    rate_hz_ = wanted_rate_hz_;
    context_.counters.encodes += buses_.take_encodes();
}

void MediaRoom::seat_voices() {
    audiences_ = {};
    audiences_.add(mixer::Audience::listener);
    for (std::size_t i = 0; i < members_.size(); ++i) {
        Member& member = members_[i];
        if (talkers_[i].is_audible()) {
            give_voice(member);
            fill_voice(member);
        } else if (member.voice) {
            idle_voices_.push_back(std::move(member.voice));
        }
        const mixer::Audience audience = mixer::audience_of(talkers_[i]);
        audiences_.add(audience);
        if (audience != mixer::Audience::listener || member.session->leg().on_hold)
            buses_.make_private(member.listener, position_ms_);
    }
}

void MediaRoom::give_voice(Member& member) {
    const int from = member.session->receiver().rate_hz();
    if (member.voice && member.voice->to_room.from_hz() == from) return;
    if (!member.voice && !idle_voices_.empty()) {
        member.voice = std::move(idle_voices_.back());
        idle_voices_.pop_back();
    }
    if (!member.voice) member.voice = std::make_unique<Voice>();
    member.voice->to_room = codecs::Resampler(from, rate_hz_);
}

// His block at the room's rate; in the tick of a change of rate also at the rate to come.
void MediaRoom::fill_voice(Member& member) {
    Voice& voice = *member.voice;
    const std::size_t planes = is_changing_rate() ? 2 : 1;
    for (std::size_t plane = 0; plane < planes; ++plane) {
        if (plane == 1) voice.to_room = codecs::Resampler(voice.to_room.from_hz(), wanted_rate_hz_);
        const MutablePcm pcm{voice.pcm[plane].data(), block_samples(plane == 0 ? rate_hz_ : wanted_rate_hz_)};
        if (member.heard.empty())
            std::ranges::fill(pcm, std::int16_t{0});
        else
            voice.to_room.process(member.heard, pcm);
    }
}

void MediaRoom::sum(std::size_t plane, int rate_hz) {
    const std::size_t samples = block_samples(rate_hz);
    mixer::TalkerSums& sums = context_.mix.sums[plane];
    sums.begin(rate_hz, samples, audiences_);
    context_.mix.silence[plane].begin(rate_hz, samples);
    for (std::size_t i = 0; i < members_.size(); ++i)
        if (members_[i].voice) sums.add(members_[i].voice->block(plane, samples), talkers_[i]);
    if (!chime_.is_playing()) return;
    std::array<std::int16_t, mixer::max_block_samples> chime;
    const MutablePcm pcm{chime.data(), samples};
    // In the tick of a change both rates play the same moment.
    AloneChime copy = chime_;
    (plane == 0 && is_changing_rate() ? copy : chime_).fill(pcm, rate_hz);
    sums.add_to_all(pcm);
}

BusInput MediaRoom::input_for(std::size_t index, std::size_t plane, MutablePcm scratch) const {
    const Member& member = members_[index];
    const mixer::TalkerSums& sums = context_.mix.sums[plane];
    if (member.session->leg().on_hold) return {&context_.mix.silence[plane], {}};
    const mixer::Audience audience = mixer::audience_of(talkers_[index]);
    const mixer::AudioMixer& heard = sums.heard_by(audience);
    if (audience == mixer::Audience::listener) return {&heard, {}};
    const Pcm voice = member.voice->block(plane, sums.samples());
    return {&heard, mixer::own_share(voice, audience, scratch.first(voice.size()))};
}

void MediaRoom::serve_buses() {
    const auto listeners = [this](std::size_t plane) {
        return BusInput{&context_.mix.sums[plane].heard_by(mixer::Audience::listener), {}};
    };
    const BusInput now = listeners(0), next = listeners(1);
    buses_.serve_shared(now, is_changing_rate() ? &next : nullptr);
    for (std::size_t i = 0; i < members_.size(); ++i)
        if (members_[i].listener.is_private()) serve_private(i);
}

void MediaRoom::serve_private(std::size_t index) {
    Member& member = members_[index];
    std::array<std::array<std::int16_t, mixer::max_block_samples>, 2> scratch;
    const BusInput now = input_for(index, 0, scratch[0]);
    BusInput next;
    if (is_changing_rate()) next = input_for(index, 1, scratch[1]);
    const bool as_all =
        mixer::audience_of(talkers_[index]) == mixer::Audience::listener && !member.session->leg().on_hold;
    buses_.serve_private(member.listener, now, is_changing_rate() ? &next : nullptr, as_all,
                         milliseconds(block_ms_), position_ms_);
}

void MediaRoom::send_slice(TimePoint now) {
    const std::size_t end = std::min(members_.size(), at_ + send_slice_size);
    for (; at_ < end; ++at_) send(at_, now);
    if (at_ == members_.size()) end_tick();
}

void MediaRoom::send(std::size_t index, TimePoint now) {
    Member& member = members_[index];
    const FrameEncoder* encoder = member.listener.encoder();
    if (!encoder)
        member.session->skip(milliseconds(block_ms_));
    else if (encoder->frame_done())
        member.session->send_frame(encoder->payload(), milliseconds(encoder->settings().ptime_ms), now);
    member.session->on_tick(now);
}

void MediaRoom::end_tick() {
    stage_ = Stage::idle;
    deadline_ += milliseconds(block_ms_);
    position_ms_ += static_cast<std::uint64_t>(block_ms_);
    const bool short_needed = std::ranges::any_of(members_, [](const Member& m) {
        return (m.listener.is_attached() && needs_short_ticks(m.session->leg().send.ptime_ms)) ||
               needs_short_ticks(m.session->receiver().ptime_ms());
    });
    if (short_needed) short_until_ms_ = position_ms_ + short_ticks_stay_ms;
    if (position_ms_ % loss_review_ms == 0) report_losses();
}

void MediaRoom::report_losses() {
    for (const Member& member : members_)
        buses_.note_loss(member.listener, member.session->remote_loss_percent());
    buses_.apply_losses();
}

}  // namespace rotunda::media
