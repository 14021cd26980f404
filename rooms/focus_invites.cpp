// A call comes in: which room it means, whether it may enter, what it is answered.
#include <utility>

#include "accounts/authority.hpp"
#include "rooms/focus.hpp"
#include "rooms/only_named.hpp"
#include "rooms/secure_flow.hpp"

namespace rotunda::rooms {

namespace {

// RFC 3261 §20.43: the agent is who adds the warning, here by its address.
sip::ExtraHeaders warning(const sdp::Refusal& refusal, const IpAddress& agent) {
    if (refusal.warning_code == 0) return {};
    const sip::Warning value{static_cast<std::uint16_t>(refusal.warning_code), agent.to_host(), refusal.text};
    return {{sip::HeaderId::warning, value.to_string()}};
}

// What comes in decides the family and route of our port: the source of the signalling, which NAT cannot
// hide, unless the offer wants media over the other family (a dual-stack phone does).
IpAddress media_peer(const sip::Flow& flow, const std::optional<sdp::SessionDescription>& offer) {
    const auto wanted = offer ? sdp::audio_address(*offer) : std::nullopt;
    const IpAddress& source = flow.remote.address;
    return wanted && wanted->family() != source.family() ? *wanted : source;
}

// The user name that rooms know him by; empty: he has proved none.
std::string_view user_of(const sip::Identity& who) {
    return who.is_user() ? std::string_view(who.name) : std::string_view();
}

}  // namespace

void Focus::on(const sip::IncomingInvite& event, TimePoint now) {
    if (!rings(event, now)) answer(event, now);
}

// A call with Replaces or Join is answered at once, without ringing: somebody waits for it.
bool Focus::rings(const sip::IncomingInvite& event, TimePoint now) {
    const Trunk* trunk = trunks_.from(event.flow);
    if (!trunk || trunk->ring == Duration{}) return false;
    const auto named = named_call(event);
    if (!named || *named || refusal(room_for(event.request, event.flow), event.identity)) return false;
    if (!agent_.ring(event.session, now)) return false;
    ringing_.add(event, now, now + trunk->ring);
    return true;
}

void Focus::answer(const sip::IncomingInvite& event, TimePoint now) {
    if (auto refused = take_in(event, now)) {
        log_.refused(event.request, event.flow.remote, refused->status, refused->why);
        agent_.reject(event.session, refused->status, {}, refused->headers, now);
    }
}

// A trunk's number comes before every other meaning of the user part.
std::string Focus::room_for(const sip::SipMessage& request, const sip::Flow& flow) const {
    std::string user = request.uri().user();
    const std::string* room = trunks_.room_of(user, flow, number_of(request.to().uri));
    return room ? *room : user;
}

std::optional<Focus::Refused> Focus::refusal(std::string_view room, const sip::Identity& who) const {
    if (refusing_) return draining(room);
    if (overloaded_) return no_more_calls();
    // The order of meanings: a room that is open or configured, a user, a room on demand. Who has not said
    // who he is does not learn from the status who our users are.
    if (is_user_ && is_user_(room) && !rooms_.is_fixed(room))
        return who.is_anonymous() ? refused_by(RoomRefusal::unknown)
                                  : Refused{480, "calls between users are not served", {}};
    if (auto no = rooms_.would_refuse(room)) return refused_by(*no);
    return no_more_calls();
}

std::optional<Focus::Refused> Focus::no_more_calls() const {
    if (refusing_) return overloaded("shutting down");
    if (overloaded_) return overloaded("no time for further calls");
    if (calls() >= settings_.max_calls) return overloaded("calls.max reached");
    return std::nullopt;
}

Focus::Refused Focus::refused_by(RoomRefusal refusal) const {
    switch (refusal) {
        case RoomRefusal::unknown:
            return {404, "no such room", {}};
        case RoomRefusal::full:
            return {486, "the room is full", {}};
        case RoomRefusal::locked:
            return {403, "the room is locked", {}};
        case RoomRefusal::too_many_rooms:
            break;
    }
    return overloaded("rooms.max reached");
}

Focus::Refused Focus::overloaded(std::string why) const {
    return {503, std::move(why), retry_later()};
}

sip::ExtraHeaders Focus::retry_later() const {
    return {{sip::HeaderId::retry_after, std::to_string(settings_.retry_after_s)}};
}

Focus::Refused Focus::draining(std::string_view room) const {
    if (!settings_.drain_redirect) return overloaded("shutting down");
    sip::Uri elsewhere = *settings_.drain_redirect;
    elsewhere.set_user(room);
    return {302, "draining", {{sip::HeaderId::contact, sip::NameAddr{{}, elsewhere, {}}.to_string()}}};
}

std::optional<Focus::Refused> Focus::take_in(const sip::IncomingInvite& event, TimePoint now) {
    auto named = named_call(event);
    if (!named) return named.error();
    Participant* other = *named ? find((*named)->who) : nullptr;
    Participant* replaced = other && (*named)->replaces ? other : nullptr;
    const std::string room = other ? other->room_name : room_for(event.request, event.flow);
    if (auto no = replaced ? refusal_to_replace(*replaced) : refusal(room, event.identity)) return no;

    Participant who = caller(event, room, now);
    auto offer = parse_offer(event.offer, event.flow.advertised.address);
    if (!offer) return offer.error();
    auto ports = ports_.reserve(media_peer(event.flow, *offer));
    if (!ports) return overloaded(ports.error().message);
    who.local = {ports->advertised, ports->rtp_port};
    who.ports = std::move(*ports);
    video_.allow_bundle(who, *offer, is_browser(event.flow));
    video_.prepare(who, *offer, media_peer(event.flow, *offer));
    auto description = describe(who, *offer);
    if (!description) return description.error();
    who.unproven = is_unproven(who, event.flow, settings_.local_net);
    auto place = replaced ? share_place(*replaced) : enter(room, user_of(event.identity));
    if (!place) return refused_by(place.error());
    who.room = place->room;
    who.room_name = place->room_name;
    who.worker = place->worker;
    if (replaced) {
        who.replaces = replaced->id;
        replaced->being_replaced = true;
    }
    who.answered = now;
    Participant& participant = admit(std::move(who));
    if (event.offer) apply_agreement(participant, now);
    // RFC 4579 §5.1: the Contact names the room he is in, whatever URI he called.
    agent_.set_contact(event.session, contact_of(participant));
    agent_.accept(event.session, std::move(*description), now);
    if (participant.joined && replaced) await_media(participant, now);
    return std::nullopt;
}

// The trunk's caller gave up, or we did.
void Focus::rang_in_vain(const RingingCall& call, const sip::SessionEnded& how, TimePoint now) {
    const auto& [invite, since] = call;
    log_.refused(invite.request, invite.flow.remote, how.status, "ended while it rang");
    Participant who = caller(invite, room_for(invite.request, invite.flow), since);
    who.room_name = room_for(invite.request, invite.flow);
    who.ended = how;
    log_.unanswered(who, now);
}

// What the INVITE alone says of him; place and media are still to come.
Participant Focus::caller(const sip::IncomingInvite& event, std::string_view room, TimePoint now) const {
    const Trunk* trunk = trunks_.from(event.flow);
    Participant who(sdp::OfferAnswer(capabilities_for(event.flow, trunk, room), random_));
    who.session = event.session;
    who.call_id = event.request.call_id();
    who.from = event.request.from().uri.to_string();
    who.asserted = accounts::asserted_caller(event.request, event.identity);
    who.since = now;
    who.signaling_source = event.flow.remote.address;
    who.identity = event.identity;
    who.uri = event.request.from().uri;
    if (const auto contact = sip::contact_target(event.request)) who.contact = *contact;
    if (trunk) who.trunk = trunk->name;
    return who;
}

sdp::Capabilities Focus::capabilities_for(const sip::Flow& flow, const Trunk* trunk,
                                          std::string_view room) const {
    sdp::Capabilities out = settings_.media;
    if (trunk) narrow(out, *trunk);
    out.encryption = stricter(rooms_.encryption(room), trunk ? trunk->encryption : std::nullopt,
                              encryption_of(settings_.listeners, flow), out.encryption);
    out.secure_signaling = is_secure(flow);
    out.browser = is_browser(flow);
    return out;
}

Focus::Refused Focus::not_acceptable(const sdp::Refusal& refusal, const IpAddress& agent) const {
    return {refusal.status, refusal.text, warning(refusal, agent)};
}

Result<Focus::Offer, Focus::Refused> Focus::parse_offer(const std::optional<std::string>& text,
                                                        const IpAddress& agent) const {
    if (!text) return Offer{};
    auto parsed = sdp::parse(*text);
    if (!parsed) return fail(not_acceptable(sdp::refusal_for(parsed.error()), agent));
    return Offer(std::move(*parsed));
}

Result<std::string, Focus::Refused> Focus::describe(Participant& who, const Offer& offer) const {
    if (!offer) return who.media.create_offer(who.local);
    auto answer = who.media.answer(*offer, who.local);
    if (!answer) return fail(not_acceptable(answer.error(), who.local.address));
    return std::move(*answer);
}

}  // namespace rotunda::rooms
