// A call changes: offers and answers of both sides while it stands, and what says that it still does.
#include <utility>

#include "rooms/focus.hpp"

namespace rotunda::rooms {

void Focus::on(const sip::ReinviteReceived& event, TimePoint now) {
    Participant* who = find(event.session);
    if (!who) return;
    // A phone that moved to another network may send its media from there too (interop rule 15). But whoever
    // knows the call's tags can have written that address.
    if (is_reliable(event.flow.transport))
        who->shown_source.reset();
    else if (!who->shown_source && who->signaling_source != event.flow.remote.address)
        who->shown_source = who->signaling_source;
    who->signaling_source = event.flow.remote.address;
    auto offer = parse_offer(event.offer, who->local.address);
    if (offer) video_.prepare(*who, *offer, event.flow.remote.address);
    auto description = offer ? describe(*who, *offer) : Result<std::string, Refused>(fail(offer.error()));
    if (!description) {  // RFC 3261 §14.2: the session stays as it was
        log_.change_refused(*who, description.error().why);
        video_.apply(*who);
        agent_.reject(event.session, description.error().status, {}, description.error().headers, now);
        return;
    }
    if (event.offer) apply_agreement(*who, now);
    agent_.accept(event.session, std::move(*description), now);
}

void Focus::on(const sip::SdpAnswerReceived& event, TimePoint now) {
    if (dialer_.owns(event.session)) return dialer_.on(event);
    if (Participant* who = find(event.session)) take_answer(*who, event.sdp, now);
}

void Focus::take_answer(Participant& who, const std::string& text, TimePoint now) {
    auto parsed = sdp::parse(text);
    const auto refused =
        parsed ? who.media.accept_answer(*parsed) : std::optional(sdp::refusal_for(parsed.error()));
    if (!refused) {
        apply_agreement(who, now);
        if (who.replaces) await_media(who, now);
        return;
    }
    if (!parsed) who.media.roll_back();
    video_.offer_failed(who, 488);
    video_.apply(who);
    log_.change_refused(who, refused->text);
    // Without a first answer there is no call; a later one only leaves things as they were.
    if (!who.joined) agent_.bye(who.session, "SIP;cause=488;text=\"Answer not acceptable\"", now);
}

// RFC 4028 §7.4: our full offer, what is agreed first.
void Focus::refresh(sip::SessionId session, TimePoint now) {
    Participant* who = find(session);
    if (!who) return;
    video_.open_for_offer(*who);
    // An offer whose answer is awaited stays as it is; the new one follows it.
    const bool pending = who->media.offer_pending();
    if (agent_.reinvite(session, who->media.create_offer(who->local), now))
        who->video.offer_due = false;
    else if (!pending)
        who->media.roll_back();
}

void Focus::on(const sip::SessionRefreshDue& event, TimePoint now) {
    refresh(event.session, now);
}

// The offer is made anew, with all that became due meanwhile.
void Focus::on(const sip::ReinvitePossible& event, TimePoint now) {
    refresh(event.session, now);
}

// Our offer brought no answer: what stood before stands (RFC 6141 §3.4).
void Focus::on(const sip::ReinviteFailed& event, TimePoint now) {
    Participant* who = find(event.session);
    if (!who) return;
    who->media.roll_back();
    video_.offer_failed(*who, event.status);
    const bool had_video = who->video.joined;
    video_.apply(*who);
    note_video(*who, had_video, now);
    log_.change_refused(*who, "no answer to our offer");
}

void Focus::on(const sip::PingResult& event, TimePoint now) {
    if (!event.alive) agent_.bye(event.session, "SIP;cause=408;text=\"Media timeout\"", now);
}

void Focus::on(const sip::DigitReceived& event, TimePoint) {
    const Participant* who = find(event.session);
    if (who) log_.digit(*who, {who->room, who->id, event.digit, event.length});
}

}  // namespace rotunda::rooms
