// The half of the focus that calls: somebody is dialled into a room, and joins when he answers.
#include <utility>
#include <variant>

#include "rooms/focus.hpp"

namespace rotunda::rooms {

DialId Focus::dial(std::string_view room, const sip::Uri& target, sip::ExtraHeaders headers, TimePoint now,
                   DialOrigin origin) {
    auto refused = refusal(room, {});
    auto place =
        refused ? Result<DialPlace, RoomRefusal>(fail(RoomRefusal::unknown)) : enter(room, origin.user);
    if (!refused && !place) refused = refused_by(place.error());
    const DialId id = refused ? dialer_.refuse(std::string(room), refused->status, refused->why)
                              : dialer_.start(std::move(*place), target,
                                              {.ring_limit = settings_.ring_limit,
                                               .headers = std::move(headers),
                                               .origin = std::move(origin)},
                                              now);
    log_.dialling(id, std::string(room), target);
    return id;
}

// Handling an event may bring the dialer to another, so until there is none.
void Focus::on_dial_events(TimePoint now) {
    for (const TollAlarm& alarm : routing_.take_alarms()) log_.toll_alarm(alarm);
    for (auto events = dialer_.take_events(); !events.empty(); events = dialer_.take_events())
        for (DialEvent& event : events) std::visit([&](auto& e) { on(e, now); }, event);
}

void Focus::on(const sip::InviteProgress& event, TimePoint) {
    if (dialer_.owns(event.session)) dialer_.on(event);
}

void Focus::on(const sip::SessionConfirmed& event, TimePoint now) {
    if (dialer_.owns(event.session)) return dialer_.on(event, now);
    Participant* who = find(event.session);
    if (!who) return;
    log_.confirmed(*who, now);
    if (std::exchange(who->unproven, false) && who->joined) prove(*who);
    video_.consider_offer(*who, now);
}

// RFC 3261 §13.2.2.4: the ACK comes from where our 200 went, so nobody forged the address: his media may go
// there.
void Focus::prove(Participant& who) {
    video_.apply(who);
    media::AudioLeg leg = audio_leg_of(who);
    if (leg == who.leg) return;
    command(who, media::UpdateLeg{who.room, who.id, leg});
    who.leg = std::move(leg);
}

void Focus::on(const DialProgress& event, TimePoint now) {
    log_.dial_progress(event);
    referrals_.on(event, now);
}

// The place in the room that the dial kept goes to the participant who answered.
void Focus::on(DialAnswered& event, TimePoint now) {
    quota_.end(event.dial);
    referrals_.on(event, now);
    Participant& who = admit(std::move(event.who));
    log_.dial_answered(event.dial, who);
    apply_agreement(who, now);
}

void Focus::on(const DialledInVain& event, TimePoint now) {
    log_.unanswered(event.who, now);
}

void Focus::on(const DialFailed& event, TimePoint now) {
    log_.dial_failed(event);
    quota_.end(event.dial);
    referrals_.on(event, now);
    if (event.place.room) give_back(event.place);
}

}  // namespace rotunda::rooms
