#include "media/media_room.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

constexpr Duration grid = milliseconds(20);
// Slices of about a millisecond at most: a read with its decode costs up to 30 us, a send about 3.
constexpr std::size_t small_room = 8;  // its whole tick is one slice
constexpr std::size_t receive_slice_size = 32;
constexpr std::size_t send_slice_size = 192;
// In ticks: every session's RTCP socket is read once in so many, the sessions in turn.
constexpr std::uint64_t rtcp_read_every = 5;
constexpr Duration late = milliseconds(5);
// A tick that begins later than this after its deadline may find two packets of one sender.
constexpr Duration may_find_two = milliseconds(2);
// A worker that comes so late gives ticks up: as many as keep every ptime's frames (10 to 60 ms) where they
// were.
constexpr Duration catch_up_limit = milliseconds(200);
constexpr Duration frame_cycle = milliseconds(120);
// Short ticks stay so long after they were last needed: each change starts everybody's delay control anew,
// and a sender whose packets vary must not do that to the others.
constexpr std::uint64_t short_ticks_stay_ms = 10'000;

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
      buses_(context.encoders) {}

MediaRoom::~MediaRoom() {
    for (Member& member : members_) buses_.detach(member.listener);
}

std::size_t MediaRoom::find(ParticipantId participant) const {
    const auto is_it = [participant](const Member& m) { return m.session->participant() == participant; };
    return static_cast<std::size_t>(std::ranges::find_if(members_, is_it) - members_.begin());
}

void MediaRoom::start_if_empty(TimePoint now) {
    if (!members_.empty()) return;
    if (shard_) {
        position_ms_ = shard_->next_position(now);
        // While this shard was empty the others went on telling speakers: what it told last is out of date.
        active_speaker_ = mixer::ActiveSpeaker();
        speaker_.reset();
        deadline_ = shard_->time_of(position_ms_);
        return;
    }
    const auto since_grid = (now - phase_).time_since_epoch() % grid;
    deadline_ = now + (grid - since_grid);
}

void MediaRoom::join(JoinRoom& join, TimePoint now) {
    if (find(join.participant) < members_.size()) return;
    start_if_empty(now);
    take_in(std::make_shared<MediaSession>(id_, join, settings_.silence_timeout, milliseconds(block_ms_),
                                           context_, now));
}

void MediaRoom::adopt(AdoptLeg& adopt, TimePoint now) {
    if (!adopt.session || find(adopt.participant) < members_.size()) return;
    start_if_empty(now);
    adopt.session->adopt(id_, milliseconds(block_ms_), context_, now);
    take_in(std::move(adopt.session));
    control({id_, adopt.participant, adopt.control});
}

void MediaRoom::take_in(std::shared_ptr<MediaSession> session) {
    Member member;
    member.session = std::move(session);
    members_.push_back(std::move(member));
    talkers_.emplace_back();
    selector_.reserve(talkers_.capacity());
    members_.back().held = members_.back().session->leg().on_hold;
    attach(members_.back());
    if (members_.size() > 1)
        chime_.stop();
    else if (settings_.alone_prompt && !chimed_)
        chime_.start(ChimeKind::alone);
    chimed_ = true;
}

void MediaRoom::update(const UpdateLeg& update, TimePoint now) {
    const std::size_t i = find(update.participant);
    if (i == members_.size()) return;
    Member& member = members_[i];
    const AudioSettings sent = member.session->leg().send;
    if (!member.session->update(update.audio, now)) return;
    const AudioLeg& leg = member.session->leg();
    member.held = leg.on_hold;
    if (leg.send != sent || leg.sends != member.listener.is_attached()) attach(member);
}

void MediaRoom::control(const ControlLeg& control) {
    const std::size_t i = find(control.participant);
    if (i == members_.size()) return;
    Member& member = members_[i];
    member.deafened = control.control.deafened;
    member.noise_suppression = control.control.noise_suppression;
    const float gain = control.control.muted ? 0.0f : control.control.gain;
    if (!member.gain && gain == 1.0f) return;
    if (!member.gain) member.gain = std::make_unique<LegGain>();
    member.gain->set(gain);
    // He is not in the mix now (a newcomer never is), so the gain may jump.
    if (!talkers_[i].is_audible()) member.gain->skip();
}

void MediaRoom::treat_voices(const TreatVoices& command) {
    settings_.automatic_gain = command.automatic_gain;
    settings_.noise_suppression = command.noise_suppression;
}

void MediaRoom::leave(ParticipantId participant, TimePoint now) {
    const std::size_t i = find(participant);
    if (i == members_.size()) return;
    const auto session = take_out(i);
    context_.events.push_back(LegEnded{id_, participant, session->end(now)});
}

void MediaRoom::release(ParticipantId participant) {
    const std::size_t i = find(participant);
    if (i == members_.size()) return;
    auto session = take_out(i);
    session->release();
    const LegQuality quality = session->quality();
    context_.events.push_back(LegReleased{id_, participant, std::move(session), quality});
}

std::shared_ptr<MediaSession> MediaRoom::take_out(std::size_t index) {
    Member& member = members_[index];
    buses_.detach(member.listener);
    if (member.voice) idle_voices_.push_back(std::move(member.voice));
    active_speaker_.remove(mixer::SourceId{member.session->participant().value});
    auto session = std::move(member.session);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(index));
    talkers_.erase(talkers_.begin() + static_cast<std::ptrdiff_t>(index));
    if (shard_ && members_.empty()) shard_->pause();
    return session;
}

void MediaRoom::send_digits(const SendDigits& command) {
    if (const std::size_t i = find(command.participant); i < members_.size())
        members_[i].session->send_digits(command.digits);
}

void MediaRoom::attach(Member& member) {
    const AudioLeg& leg = member.session->leg();
    const bool needs_short = leg.sends && needs_short_ticks(leg.send.ptime_ms);
    if (needs_short) want_short_ticks();
    member.awaits_short_ticks = needs_short && shard_ && !ticks_short();
    if (leg.sends && !member.awaits_short_ticks)
        buses_.attach(member.listener, leg.send, position_ms_);
    else
        buses_.detach(member.listener);
}

// All shards change to short ticks at the same tick: a shard only notes its wish here, meet() takes the
// latest end that any of them wants.
void MediaRoom::want_short_ticks() {
    short_wanted_ms_ = position_ms_ + short_ticks_stay_ms;
    if (!shard_) short_until_ms_ = short_wanted_ms_;
}

std::optional<TimePoint> MediaRoom::next_timeout() const {
    if (members_.empty()) return std::nullopt;
    return deadline_;
}

void MediaRoom::run_slice(TimePoint now) {
    do run_stage(now);
    while (is_mid_tick() && members_.size() <= small_room && !shard_);
}

void MediaRoom::run_stage(TimePoint now) {
    switch (stage_) {
        case Stage::idle:
            begin_tick(now);
            [[fallthrough]];
        case Stage::receive:
            return receive_slice(now);
        case Stage::mix:
            return mix();
        case Stage::meet:
            return meet(now);
        case Stage::gather:
            return gather(now);
        case Stage::send:
            return send_slice(now);
    }
}

void MediaRoom::begin_tick(TimePoint now) {
    if (now - deadline_ > catch_up_limit) give_up_ticks(now);
    if (now - deadline_ > late) ++context_.counters.late_ticks;
    is_late_ = now - deadline_ > may_find_two;
    ++context_.counters.ticks;
    context_.counters.lateness.add(to_ms(now - deadline_) / 1000);
    ++ticks_;
    choose_block();
    stage_ = Stage::receive;
    at_ = 0;
}

void MediaRoom::give_up_ticks(TimePoint now) {
    const Duration lost = (now - deadline_) / frame_cycle * frame_cycle;
    deadline_ += lost;
    if (shard_) {
        // Media time is common to all shards, so it moves on by what is skipped; the ends of short ticks move
        // with it.
        const auto lost_ms = static_cast<std::uint64_t>(lost / milliseconds(1));
        position_ms_ += lost_ms;
        short_until_ms_ += lost_ms;
        short_wanted_ms_ += lost_ms;
    }
    for (Member& member : members_) member.session->skip(lost);
    context_.counters.skipped_ticks += static_cast<std::uint64_t>(lost / milliseconds(block_ms_));
}

// 20 ms, and 10 ms while someone needs it; back to 20 only where all 20 ms frames end.
void MediaRoom::choose_block() {
    const int wanted = ticks_short() ? 10 : 20;
    if (wanted == block_ms_) return;
    block_ms_ = wanted;
    for (Member& member : members_) {
        member.session->receiver().set_tick(milliseconds(wanted));
        member.arrivals.forget();
    }
    if (shard_ && wanted == 10) attach_waiting();
}

void MediaRoom::receive_slice(TimePoint now) {
    const std::size_t end = std::min(members_.size(), at_ + receive_slice_size);
    // Prefetch: the first two sessions now, each later one while those before it are at work.
    for (std::size_t i = at_; i < std::min(end, at_ + 2); ++i) members_[i].session->prefetch_to_receive();
    if (at_ < end) members_[at_].session->prefetch_packet();
    for (; at_ < end; ++at_) {
        if (at_ + 2 < members_.size()) members_[at_ + 2].session->prefetch_to_receive();
        if (at_ + 1 < members_.size()) members_[at_ + 1].session->prefetch_packet();
        receive(at_, now);
    }
    if (at_ == members_.size()) end_receiving();
}

void MediaRoom::end_receiving() {
    stage_ = shard_ ? Stage::meet : Stage::mix;
    if (shard_) tell_standing();
}

void MediaRoom::receive(std::size_t index, TimePoint now) {
    Member& member = members_[index];
    member.session->receive(now, is_late_);
    if ((ticks_ + index) % rtcp_read_every == 0) member.session->receive_rtcp();
    listen_to(index);
}

// A member who is audible is decoded; so is one whose packets do not tell how loud he is. For the others the
// hint of their packets is enough: in a crowded room any hint, while seats are free only one as exact as
// decoding (is_measured).
void MediaRoom::listen_to(std::size_t index) {
    MediaSession& session = *members_[index].session;
    mixer::Talker& talker = talkers_[index];
    const Duration block = milliseconds(block_ms_);
    const ShownLoudness::Tick shown = session.receiver().take_loudness(block);
    if (members_[index].is_muted()) {
        session.skim(deadline_, block);
        talker.update(mixer::silence_dbov, block);
    } else if ((is_crowded() || shown.is_measured) && !talker.is_audible() && !shown.is_unknown) {
        session.skim(deadline_, block);
        session.receiver().judge_marks(shown, std::nullopt, block);
        talker.update(shown.dbov, block);
    } else {
        const Pcm heard = session.pull(deadline_, block);
        const float level = mixer::level_dbov(heard);
        session.receiver().judge_marks(shown, level, block);
        talker.update(level, block);
        ++context_.counters.decodes;
    }
}

void MediaRoom::send_slice(TimePoint now) {
    const std::size_t end = std::min(members_.size(), at_ + send_slice_size);
    for (; at_ < end; ++at_) {
        if (at_ + 2 < members_.size()) members_[at_ + 2].session->prefetch_to_send();
        if (at_ + 1 < members_.size()) members_[at_ + 1].session->prefetch_socket();
        send(at_, now);
    }
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
    wants_short_ticks_ |= (encoder && needs_short_ticks(encoder->settings().ptime_ms)) ||
                          needs_short_ticks(member.session->receiver().ptime_ms());
}

void MediaRoom::end_tick() {
    stage_ = Stage::idle;
    deadline_ += milliseconds(block_ms_) + phase_step();
    position_ms_ += static_cast<std::uint64_t>(block_ms_);
    if (std::exchange(wants_short_ticks_, false)) want_short_ticks();
    report();
}

void MediaRoom::capture(const CapturePackets& command, TimePoint now) {
    if (const std::size_t i = find(command.participant); i < members_.size())
        members_[i].session->capture(command, now);
}

Duration MediaRoom::phase_step() {
    if (!settings_.follow_talkers || shard_) return {};
    const Duration block = milliseconds(block_ms_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
        TalkerArrivals& arrivals = members_[i].arrivals;
        const bool speaks = talkers_[i].is_speaking();
        if (!speaks && !arrivals.is_recent()) continue;
        const rtp::JitterBuffer& buffer = members_[i].session->receiver().jitter_buffer();
        arrivals.note({speaks, buffer.slack(), buffer.target_delay(), buffer.is_sure_of_slack()}, block);
        tick_phase_.add(arrivals, block);
    }
    const Duration step = tick_phase_.next_step(block);
    if (step != Duration::zero())
        for (Member& member : members_) member.arrivals.on_move(step);
    return step;
}

}  // namespace rotunda::media
