#include "rooms/focus.hpp"

#include <utility>

#include "rooms/audio_leg.hpp"

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

}  // namespace

Focus::Focus(FocusSettings settings, sip::UserAgent& agent, media::MediaPortPool& ports, RandomSource& random,
             LogSink& log)
    : settings_(std::move(settings)),
      agent_(agent),
      ports_(ports),
      random_(random),
      log_(log),
      rooms_(settings_.rooms, settings_.workers),
      notifier_({.packages = {conference_package(settings_.roster_interval)}}, agent, random),
      watchers_(agent, notifier_),
      chat_(settings_.chat, agent) {}

void Focus::drain_agent(TimePoint now) {
    // What the focus answers may make the agent say more, so until it has nothing left.
    send_notifies(now);
    for (auto events = agent_.take_events(); !events.empty(); events = agent_.take_events()) {
        for (const auto& event : events) std::visit([&](const auto& e) { on(e, now); }, event);
        send_notifies(now);
    }
}

std::vector<WorkerCommand> Focus::take_commands() {
    return std::exchange(commands_, {});
}

// --- a call comes in

void Focus::on(const sip::IncomingInvite& event, TimePoint now) {
    if (auto refused = admit(event, now)) {
        log_.refused(event.request, event.flow.remote, refused->status, refused->why);
        agent_.reject(event.session, refused->status, {}, refused->headers, now);
    }
}

std::optional<Focus::Refused> Focus::refusal(std::string_view user) const {
    if (refusing_) return overloaded("shutting down");
    if (auto no = rooms_.would_refuse(user)) return refused_by(*no);
    if (by_session_.size() >= settings_.max_calls) return overloaded("calls.max reached");
    return std::nullopt;
}

Focus::Refused Focus::refused_by(RoomRefusal refusal) const {
    switch (refusal) {
        case RoomRefusal::unknown:
            return {404, "no such room", {}};
        case RoomRefusal::full:
            return {486, "the room is full", {}};
        case RoomRefusal::too_many_rooms:
            break;
    }
    return overloaded("rooms.max reached");
}

Focus::Refused Focus::overloaded(std::string why) const {
    return {503, std::move(why), {{sip::HeaderId::retry_after, std::to_string(settings_.retry_after_s)}}};
}

std::optional<Focus::Refused> Focus::admit(const sip::IncomingInvite& event, TimePoint now) {
    const std::string user = event.request.uri().user();
    if (auto no = refusal(user)) return no;

    Participant who(sdp::OfferAnswer(settings_.media, random_));
    who.session = event.session;
    who.call_id = event.request.call_id();
    who.from = event.request.from().uri.to_string();
    who.since = now;
    who.signaling_source = event.flow.remote.address;
    auto offer = parse_offer(event.offer, event.flow.advertised.address);
    if (!offer) return offer.error();
    auto ports = ports_.reserve(media_peer(event.flow, *offer));
    if (!ports) return overloaded(ports.error().message);
    who.local = {ports->advertised, ports->rtp_port};
    who.ports = std::move(*ports);
    auto description = describe(who, *offer);
    if (!description) return description.error();
    auto entry = rooms_.is_factory(user) ? rooms_.enter_new(user + '-' + random_.token(factory_name_size))
                                         : rooms_.enter(user);
    if (!entry) return refused_by(entry.error());

    who.id = ids_.next();
    who.room = entry->room.id;
    who.room_name = entry->room.name;
    who.worker = entry->room.worker;
    by_session_.emplace(who.session, who.id);
    Participant& participant = participants_.emplace(who.id, std::move(who)).first->second;
    if (entry->opened) {
        command(participant, media::OpenRoom{participant.room, rooms_.media_settings()});
        log_.room_opened(participant);
    }
    if (event.offer) apply_agreement(participant);
    if (participant.room_name != user) agent_.set_contact(event.session, {participant.room_name, {}, {}});
    agent_.accept(event.session, std::move(*description), now);
    return std::nullopt;
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
    auto description = offer ? describe(*who, *offer) : Result<std::string, Refused>(fail(offer.error()));
    if (!description) {  // RFC 3261 §14.2: the session stays as it was
        log_.change_refused(*who, description.error().why);
        agent_.reject(event.session, description.error().status, {}, description.error().headers, now);
        return;
    }
    if (event.offer) apply_agreement(*who);
    agent_.accept(event.session, std::move(*description), now);
}

void Focus::on(const sip::SdpAnswerReceived& event, TimePoint now) {
    if (Participant* who = find(event.session)) take_answer(*who, event.sdp, now);
}

void Focus::take_answer(Participant& who, const std::string& text, TimePoint now) {
    auto parsed = sdp::parse(text);
    const auto refused =
        parsed ? who.media.accept_answer(*parsed) : std::optional(sdp::refusal_for(parsed.error()));
    if (!refused) return apply_agreement(who);
    if (!parsed) who.media.roll_back();
    log_.change_refused(who, refused->text);
    // Without a first answer there is no call; a later one only leaves things as they were.
    if (!who.joined) agent_.bye(who.session, "SIP;cause=488;text=\"Answer not acceptable\"", now);
}

// RFC 4028 §7.4: our full offer, what is agreed first.
void Focus::refresh(sip::SessionId session, TimePoint now) {
    Participant* who = find(session);
    if (who && !agent_.reinvite(session, who->media.create_offer(who->local), now)) who->media.roll_back();
}

void Focus::on(const sip::SessionRefreshDue& event, TimePoint now) {
    refresh(event.session, now);
}

// Refreshes are the only offers of the focus.
void Focus::on(const sip::ReinvitePossible& event, TimePoint now) {
    refresh(event.session, now);
}

// Our offer brought no answer: what stood before stands (RFC 6141 §3.4).
void Focus::on(const sip::ReinviteFailed& event, TimePoint) {
    Participant* who = find(event.session);
    if (!who) return;
    who->media.roll_back();
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
    Participant* who = find(event.session);
    if (!who) return;
    by_session_.erase(event.session);
    who->ended = event;
    leave(*who);
    if (!who->joined) {
        log_.ended(*who, {}, now);
        participants_.erase(media::ParticipantId(who->id));
    }
}

void Focus::leave(Participant& who) {
    watchers_.left(who);
    chat_.left(who);
    if (who.joined) command(who, media::LeaveRoom{who.room, who.id});
    if (rooms_.leave(who.room)) {
        watchers_.closed(who.room);
        command(who, media::CloseRoom{who.room});
        log_.room_closed(who);
    }
}

void Focus::end_all_calls(std::string_view reason, TimePoint now) {
    std::vector<sip::SessionId> sessions;
    for (const auto& [session, id] : by_session_) sessions.push_back(session);
    for (sip::SessionId session : sessions) agent_.bye(session, reason, now);
    drain_agent(now);
}

// --- for operators

void Focus::each_participant(media::RoomId room, const std::function<void(const Participant&)>& visit) const {
    for (const auto& [session, id] : by_session_)
        if (const Participant& who = participants_.at(id); who.room == room) visit(who);
}

bool Focus::remove(media::RoomId room, media::ParticipantId who, std::string_view reason, TimePoint now) {
    auto it = participants_.find(who);
    if (it == participants_.end() || it->second.room != room || it->second.ended) return false;
    agent_.bye(it->second.session, reason, now);
    return true;
}

void Focus::end_room(media::RoomId room, std::string_view reason, TimePoint now) {
    std::vector<sip::SessionId> sessions;
    each_participant(room, [&](const Participant& who) { sessions.push_back(who.session); });
    for (sip::SessionId session : sessions) agent_.bye(session, reason, now);
}

// --- from the workers

void Focus::handle(const media::RoomEvent& event, TimePoint now) {
    std::visit(
        [&](const auto& e) {
            if (auto it = participants_.find(e.participant); it != participants_.end())
                on(it->second, e, now);
        },
        event);
}

void Focus::on(Participant& who, const media::MediaStarted& event, TimePoint) {
    log_.media_started(who, event.source);
}

void Focus::on(Participant& who, const media::MediaSilent&, TimePoint now) {
    if (who.ended) return;
    log_.silent(who);
    agent_.ping(who.session, now);
}

void Focus::on(Participant& who, const media::DigitPressed& event, TimePoint) {
    log_.digit(who, event);
}

void Focus::on(Participant& who, const media::LegEnded& event, TimePoint now) {
    if (!who.ended) return;
    log_.ended(who, event.quality, now);
    participants_.erase(event.participant);
}

// --- the ledger

Participant* Focus::find(sip::SessionId session) {
    auto it = by_session_.find(session);
    return it == by_session_.end() ? nullptr : &participants_.at(it->second);
}

void Focus::apply_agreement(Participant& who) {
    media::AudioLeg leg = make_audio_leg(who.media.audio(), who.signaling_source);
    if (!who.joined) {
        who.joined = true;
        log_.joined(who, leg);
        chat_.joined(who);
        command(who, media::JoinRoom{who.room, who.id, std::move(*who.ports), leg, random_.token(16)});
        who.ports.reset();
    } else if (leg != who.leg) {  // a refresh changes nothing (interop rule 3)
        log_.changed(who, leg);
        command(who, media::UpdateLeg{who.room, who.id, leg});
    }
    who.leg = std::move(leg);
    watchers_.changed(who);
}

void Focus::command(const Participant& who, media::RoomCommand command) {
    commands_.push_back({who.worker, std::move(command)});
}

}  // namespace rotunda::rooms
