#include "rooms/focus.hpp"

#include <algorithm>
#include <utility>

#include "accounts/authority.hpp"
#include "rooms/audio_leg.hpp"
#include "rooms/secure_flow.hpp"

namespace rotunda::rooms {

namespace {

// Behind the factory's own name: 60 random bits, which nobody guesses while the room is open.
constexpr std::size_t factory_name_size = 12;

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

// Of a REFER: longer than what it asks for can take.
std::chrono::seconds subscription_lasts(Duration ring_limit) {
    return std::chrono::duration_cast<std::chrono::seconds>(ring_limit) + std::chrono::seconds(60);
}

// Until his ACK the address in his SDP may be a victim's: neither sound, nor reports, nor handshakes go
// there.
void send_nothing(media::AudioLeg& leg) {
    leg.sends = false;
    leg.remote_rtp.port = leg.remote_rtcp.port = 0;
}

}  // namespace

Focus::Focus(FocusSettings settings, sip::UserAgent& agent, media::MediaPortPool& ports, RouteFinder& routes,
             RandomSource& random, LogSink& log)
    : settings_(std::move(settings)),
      agent_(agent),
      ports_(ports),
      random_(random),
      log_(log),
      rooms_(settings_.rooms, settings_.workers),
      trunks_(settings_.trunks),
      links_(trunks_, agent, routes, random, log),
      routing_(trunks_, links_, settings_.media, routes),
      video_(settings_.video, ports, rooms_),
      dialer_(agent, ports, video_, routing_, random),
      notifier_({.packages = {conference_package(settings_.roster_interval),
                              refer_package(subscription_lasts(settings_.ring_limit))}},
                agent, random),
      referrals_(agent, notifier_),
      quota_(settings_.refer.max_dials),
      watchers_(agent, notifier_),
      chat_(settings_.chat, agent),
      pictures_(agent),
      info_digits_(agent) {
    routing_.set_rooms(&rooms_);
    routing_.set_rules(settings_.caller_rules);
    routing_.set_open_calls([this](std::string_view trunk, std::string_view account) {
        const auto through = [&](const auto& entry) {
            const Participant& who = entry.second;
            return !who.ended && is_toll_call(who.trunk, who.dialled_for, trunk, account);
        };
        return dialer_.branches_through(trunk, account) +
               static_cast<std::size_t>(std::count_if(participants_.begin(), participants_.end(), through));
    });
}

void Focus::configure(FocusSettings settings, TimePoint now) {
    settings_ = std::move(settings);
    rooms_.set_policy(settings_.rooms);
    routing_.set_media(settings_.media);
    routing_.set_rules(settings_.caller_rules);
    quota_.set_most(settings_.refer.max_dials);
    trunks_ = settings_.trunks;
    links_.renew(now);
}

void Focus::drain_agent(TimePoint now) {
    on_dial_events(now);
    // What the focus answers may make the agent say more, so until it has nothing left.
    send_notifies(now);
    for (auto events = agent_.take_events(); !events.empty(); events = agent_.take_events())
        for (const auto& event : events) {
            std::visit([&](const auto& e) { on(e, now); }, event);
            on_dial_events(now);
            send_notifies(now);
        }
}

std::vector<WorkerCommand> Focus::take_commands() {
    for (auto& command : video_.take_sound_commands())
        commands_.push_back({command.worker, std::move(command.command)});
    return std::exchange(commands_, {});
}

// --- a call comes in

void Focus::on(const sip::IncomingInvite& event, TimePoint now) {
    if (auto refused = take_in(event, now)) {
        log_.refused(event.request, event.flow.remote, refused->status, refused->why);
        agent_.reject(event.session, refused->status, {}, refused->headers, now);
    }
}

// A trunk's number comes before every other meaning of the user part.
std::string Focus::room_for(const sip::Uri& uri, const sip::Flow& flow) const {
    std::string user = uri.user();
    const std::string* room = trunks_.room_of(user, flow);
    return room ? *room : user;
}

std::optional<Focus::Refused> Focus::refusal(std::string_view room, const sip::Identity& who) const {
    if (refusing_) return draining(room);
    if (overloaded_) return overloaded("no time for further calls");
    // The order of meanings: a room that is open or configured, a user, a room on demand. Who has not said
    // who he is does not learn from the status who our users are.
    if (is_user_ && is_user_(room) && !rooms_.is_fixed(room))
        return who.is_anonymous() ? refused_by(RoomRefusal::unknown)
                                  : Refused{480, "calls between users are not served", {}};
    if (auto no = rooms_.would_refuse(room)) return refused_by(*no);
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
    const std::string room = other ? other->room_name : room_for(event.request.uri(), event.flow);
    if (auto no = replaced ? refusal_to_replace(*replaced) : refusal(room, event.identity)) return no;

    Participant who = caller(event, room, now);
    auto offer = parse_offer(event.offer, event.flow.advertised.address);
    if (!offer) return offer.error();
    auto ports = ports_.reserve(media_peer(event.flow, *offer));
    if (!ports) return overloaded(ports.error().message);
    who.local = {ports->advertised, ports->rtp_port};
    who.ports = std::move(*ports);
    video_.prepare(who, *offer, media_peer(event.flow, *offer));
    auto description = describe(who, *offer);
    if (!description) return description.error();
    auto place = replaced ? share_place(*replaced) : enter(room);
    if (!place) return refused_by(place.error());
    who.room = place->room;
    who.room_name = place->room_name;
    who.worker = place->worker;
    if (replaced) {
        who.replaces = replaced->id;
        replaced->being_replaced = true;
    }
    Participant& participant = admit(std::move(who));
    if (event.offer) apply_agreement(participant, now);
    // RFC 4579 §5.1: where he is, whatever he called.
    if (participant.room_name != event.request.uri().user())
        agent_.set_contact(event.session, {participant.room_name, {}, {}});
    agent_.accept(event.session, std::move(*description), now);
    if (participant.joined && replaced) await_media(participant, now);
    return std::nullopt;
}

// What the INVITE alone says of him; place and media are still to come.
Participant Focus::caller(const sip::IncomingInvite& event, std::string_view room, TimePoint now) const {
    Participant who(sdp::OfferAnswer(capabilities_for(event.flow, room), random_));
    who.session = event.session;
    who.call_id = event.request.call_id();
    who.from = event.request.from().uri.to_string();
    who.asserted = accounts::asserted_caller(event.request, event.identity);
    who.since = now;
    who.signaling_source = event.flow.remote.address;
    who.identity = event.identity;
    who.unproven = may_be_forged(event.flow, event.identity, settings_.local_net);
    who.uri = event.request.from().uri;
    if (const auto contact = sip::contact_target(event.request)) who.contact = *contact;
    who.video.settled = trunks_.from(event.flow) != nullptr;
    return who;
}

sdp::Capabilities Focus::capabilities_for(const sip::Flow& flow, std::string_view room) const {
    sdp::Capabilities out = settings_.media;
    const Trunk* trunk = trunks_.from(flow);
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

// --- a call changes

void Focus::on(const sip::ReinviteReceived& event, TimePoint now) {
    Participant* who = find(event.session);
    if (!who) return;
    // A phone that moved to another network may send its media from there too (interop rule 15).
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
    // One whose answer is awaited stays; this one then comes after it.
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
void Focus::on(const sip::ReinviteFailed& event, TimePoint) {
    Participant* who = find(event.session);
    if (!who) return;
    who->media.roll_back();
    video_.offer_failed(*who, event.status);
    video_.apply(*who);
    log_.change_refused(*who, "no answer to our offer");
}

void Focus::on(const sip::PingResult& event, TimePoint now) {
    if (!event.alive) agent_.bye(event.session, "SIP;cause=408;text=\"Media timeout\"", now);
}

void Focus::on(const sip::DigitReceived& event, TimePoint) {
    const Participant* who = find(event.session);
    if (who) log_.digit(*who, {who->room, who->id, event.digit, event.length});
}

// --- a call ends

void Focus::on(const sip::SessionEnded& event, TimePoint now) {
    if (dialer_.owns(event.session)) return dialer_.on(event, now);
    Participant* who = find(event.session);
    if (!who) return;
    by_session_.erase(event.session);
    referrals_.forget(event.session);
    pictures_.forget(event.session);
    info_digits_.forget(event.session);
    give_up_takeover(*who);
    who->ended = event;
    leave(*who);
    if (!who->joined) {
        log_.ended(*who, {}, now);
        who->sound_ended = true;
        forget_if_over(who->id);
    }
}

void Focus::leave(Participant& who) {
    watchers_.left(who);
    chat_.left(who);
    video_.left(who);
    if (who.joined) command(who, media::LeaveRoom{who.room, who.id});
    give_back({who.room, who.room_name, who.worker});
}

void Focus::end_all_calls(std::string_view reason, TimePoint now) {
    std::vector<sip::SessionId> sessions;
    for (const auto& [session, id] : by_session_) sessions.push_back(session);
    for (sip::SessionId session : sessions) agent_.bye(session, reason, now);
    dialer_.cancel_all(now);
    on_dial_events(now);
    drain_agent(now);
}

// --- the ledger

Participant* Focus::find(sip::SessionId session) {
    auto it = by_session_.find(session);
    return it == by_session_.end() ? nullptr : &participants_.at(it->second);
}

Participant* Focus::find(media::ParticipantId id) {
    auto it = participants_.find(id);
    return it == participants_.end() || it->second.ended ? nullptr : &it->second;
}

void Focus::apply_agreement(Participant& who, TimePoint now) {
    media::AudioLeg leg = make_audio_leg(who.media.audio(), who.signaling_source);
    if (who.unproven) send_nothing(leg);
    if (!who.joined) {
        who.joined = true;
        log_.joined(who, leg);
        chat_.joined(who);
        command(who, media::JoinRoom{who.room, who.id, std::move(*who.ports), leg, who.cname});
        who.ports.reset();
        if (who.control != media::LegControl{})
            command(who, media::ControlLeg{who.room, who.id, who.control});
    } else if (leg != who.leg) {  // a refresh changes nothing (interop rule 3)
        log_.changed(who, leg);
        command(who, media::UpdateLeg{who.room, who.id, leg});
    }
    who.leg = std::move(leg);
    const bool had_video = who.video.joined;
    video_.apply(who);
    show_in_video(who);
    watchers_.changed(who);
    consider_offers(who, had_video, now);
}

Result<DialPlace, RoomRefusal> Focus::enter(std::string_view room) {
    auto entry = rooms_.is_factory(room)
                     ? rooms_.enter_new(std::string(room) + '-' + random_.token(factory_name_size))
                     : rooms_.enter(room);
    if (!entry) return fail(entry.error());
    DialPlace place{entry->room.id, entry->room.name, entry->room.worker};
    if (entry->opened) tell_opened(entry->room);
    return place;
}

void Focus::tell_opened(const Room& room) {
    commands_.push_back({room.worker, media::OpenRoom{room.id, rooms_.media_settings()}});
    log_.room_opened(room.name);
}

Result<DialPlace, RoomRefusal> Focus::share_place(const Participant& who) {
    rooms_.share(who.room);
    return DialPlace{who.room, who.room_name, who.worker};
}

void Focus::give_back(const DialPlace& place) {
    if (rooms_.leave(place.room)) close(place);
}

void Focus::close(const DialPlace& place) {
    watchers_.closed(place.room);
    video_.closed(place.room);
    commands_.push_back({place.worker, media::CloseRoom{place.room}});
    log_.room_closed(place.room_name);
}

Participant& Focus::admit(Participant who) {
    who.id = ids_.next();
    who.cname = random_.token(16);
    by_session_.emplace(who.session, who.id);
    return participants_.emplace(who.id, std::move(who)).first->second;
}

void Focus::command(const Participant& who, media::RoomCommand command) {
    commands_.push_back({who.worker, std::move(command)});
}

}  // namespace rotunda::rooms
