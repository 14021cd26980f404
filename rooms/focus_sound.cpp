// What the media workers tell the focus of a room's sound, and of the calls whose sound it is.
#include <type_traits>
#include <utility>
#include <variant>

#include "rooms/focus.hpp"
#include "rooms/only_named.hpp"

namespace rotunda::rooms {
namespace {

// From the first packet of a call that replaces another until its jitter buffer lets it be heard.
constexpr Duration takeover_overlap = std::chrono::milliseconds(100);

}  // namespace

void Focus::handle(media::RoomEvent event, TimePoint now) {
    std::visit(
        [&](auto& e) {
            if constexpr (std::is_same_v<std::decay_t<decltype(e)>, media::SpeakerChanged>)
                video_.set_speaker(e);
            else if constexpr (std::is_same_v<std::decay_t<decltype(e)>, media::LevelsMeasured>)
                take_levels(e, now);
            else if constexpr (std::is_same_v<std::decay_t<decltype(e)>, media::RoomSplit>)
                open_shard(e.room);
            else if constexpr (std::is_same_v<std::decay_t<decltype(e)>, media::VoiceLag>)
                video_.set_voice_lag(e);
            else if (auto it = participants_.find(e.participant); it != participants_.end())
                on(it->second, e, now);
        },
        event);
}

void Focus::on(Participant& who, const media::MediaStarted& event, TimePoint now) {
    log_.media_started(who, event.source);
    hear_from(who, event.source.address);
    // MediaStarted may still come from the worker while his BYE is being answered.
    if (who.replaces && !who.ended) takeovers_.set(who.id, now + takeover_overlap);
}

void Focus::on(Participant& who, const media::SoundMoved& event, TimePoint) {
    hear_from(who, event.source.address);
}

// The media worker has found the source by itself. Only our copy of the leg is brought up to date, so that
// the next refresh compares equal and sends no UpdateLeg (interop rule 3).
void Focus::hear_from(Participant& who, const IpAddress& source) {
    who.heard_from = source.unmapped();
    who.leg.only_named = is_only_named(who, who.leg, settings_.local_net);
    if (who.video.leg.only_named && !who.ended) video_.apply(who);
}

void Focus::on(Participant& who, const media::MediaSilent&, TimePoint now) {
    if (who.ended) return;
    log_.silent(who);
    agent_.ping(who.session, now);
}

void Focus::on(Participant& who, const media::DigitPressed& event, TimePoint) {
    log_.digit(who, event);
}

void Focus::on(Participant& who, const media::TalkingChanged& event, TimePoint) {
    if (who.ended) return;
    who.talking = event.talking;
    log_.talking(who);
    watchers_.changed(who);
}

void Focus::on(Participant& who, const media::ActiveSpeakerChanged&, TimePoint) {
    if (!who.ended) log_.speaker(who);
}

void Focus::on(Participant& who, const media::HandshakeDone& event, TimePoint) {
    log_.handshake_done(who, event);
}

void Focus::on(Participant& who, const media::LegReport& event, TimePoint) {
    if (!who.ended) log_.report(who, event.quality);
}

void Focus::on(Participant& who, const media::LegEnded& event, TimePoint now) {
    if (!who.ended) return;
    log_.ended(who, event.quality, now);
    who.sound_ended = true;
    forget_if_over(event.participant);
}

}  // namespace rotunda::rooms
