// What a room tells of its talkers, what its receivers' reports mean for its encoders, and who of its people
// is held back for his picture or shares his port with it.
#include <utility>

#include "media/media_room.hpp"

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t loss_review_ms = 5000;
constexpr std::uint64_t speaker_review_ms = 200;

}  // namespace

// After each tick.
void MediaRoom::report() {
    if (position_ms_ % loss_review_ms == 0) report_losses();
    if (settings_.talking_interval > Duration::zero() && position_ms_ >= talking_due_ms_) report_talking();
    if (tells_speaker() && position_ms_ % speaker_review_ms == 0) report_speaker();
}

void MediaRoom::report_talking() {
    talking_due_ms_ = position_ms_ + static_cast<std::uint64_t>(settings_.talking_interval / milliseconds(1));
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const bool talking = talkers_[i].is_active();
        if (std::exchange(members_[i].told_talking, talking) != talking)
            context_.events.push_back(TalkingChanged{id_, members_[i].session->participant(), talking});
    }
}

void MediaRoom::watch_speaker(bool watch) {
    speaker_watched_ = watch;
    speaker_ = ParticipantId{};
}

// The loudest active talker of this shard.
std::optional<std::size_t> MediaRoom::loudest() const {
    std::optional<std::size_t> loudest;
    for (std::size_t i = 0; i < talkers_.size(); ++i)
        if (talkers_[i].is_active() && (!loudest || talkers_[i].loudness() > talkers_[*loudest].loudness()))
            loudest = i;
    return loudest;
}

void MediaRoom::sync(const SyncVoice& command) {
    if (const std::size_t i = find(command.participant); i < members_.size())
        members_[i].session->sync(command.watch, command.hold);
}

void MediaRoom::share_port(SharePort& command) {
    if (const std::size_t i = find(command.participant); i < members_.size())
        members_[i].session->share_port(std::move(command.ring));
}

void MediaRoom::report_speaker() {
    const auto here = shard_ ? std::nullopt : loudest();
    const auto now = shard_ ? shard_->loudest()
                     : here ? std::optional(members_[*here].session->participant())
                            : std::nullopt;
    const bool tells = !shard_ || shard_->leads();
    const ParticipantId who = now.value_or(ParticipantId{});
    if (speaker_watched_ && std::exchange(speaker_, who) != who && tells)
        context_.events.push_back(SpeakerChanged{id_, who});
    if (!settings_.announce_speaker) return;
    const auto source = now ? std::optional(mixer::SourceId{now->value}) : std::nullopt;
    if (active_speaker_.update(source, deadline_) && tells)
        context_.events.push_back(ActiveSpeakerChanged{id_, *now});
}

void MediaRoom::tell_levels() {
    LevelsMeasured measured{id_, {}};
    for (std::size_t i = 0; i < members_.size(); ++i)
        measured.levels.push_back(
            {members_[i].session->participant(), talkers_[i].loudness(), talkers_[i].is_active()});
    context_.events.push_back(std::move(measured));
}

void MediaRoom::report_losses() {
    for (const Member& member : members_)
        buses_.note_loss(member.listener, member.session->remote_loss_percent(deadline_));
    buses_.apply_losses();
}

}  // namespace rotunda::media
