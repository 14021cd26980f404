// The focus as a whole: what it is made of, its clock, how a call ends, and the ledger of who is in which
// room.
#include "rooms/focus.hpp"

#include <algorithm>
#include <utility>

#include "rooms/audio_leg.hpp"
#include "rooms/only_named.hpp"

namespace rotunda::rooms {

namespace {

// Behind the factory's own name: 60 random bits, which nobody guesses while the room is open.
constexpr std::size_t factory_name_size = 12;

// Of a REFER: longer than what it asks for can take.
std::chrono::seconds subscription_lasts(Duration ring_limit) {
    return std::chrono::duration_cast<std::chrono::seconds>(ring_limit) + std::chrono::seconds(60);
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
      video_(settings_.video, ports, rooms_, settings_.local_net),
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
            return !who.ended && who.dialed_out && is_toll_call(who.trunk, who.dialled_for, trunk, account);
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
    // An answer of the focus may bring the agent to another event, so until there is none.
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

// --- the clock of all its parts

void Focus::on_timeout(TimePoint now) {
    links_.on_timeout(now);
    while (const auto call = ringing_.take_due(now)) answer(call->invite, now);
    while (const auto due = takeovers_.pop_due(now))
        if (Participant* who = find(*due)) hang_up_replaced(*who, now);
    offer_video(now);
    notifier_.on_timeout(now);
    send_notifies(now);
}

std::optional<TimePoint> Focus::next_timeout() const {
    std::optional<TimePoint> first;
    for (const auto& next : {links_.next_timeout(), notifier_.next_timeout(), takeovers_.next(),
                             video_.next_timeout(), ringing_.next_timeout()})
        if (next && (!first || *next < *first)) first = next;
    return first;
}

// --- a call ends

void Focus::on(const sip::SessionEnded& event, TimePoint now) {
    if (dialer_.owns(event.session)) return dialer_.on(event, now);
    if (const auto call = ringing_.take(event.session)) return rang_in_vain(*call, event, now);
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
    ringing_.each([&](sip::SessionId session) { sessions.push_back(session); });
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

media::AudioLeg Focus::audio_leg_of(const Participant& who) const {
    media::AudioLeg leg = make_audio_leg(who.media.audio(), who.signaling_source);
    leg.only_named = is_only_named(who, leg, settings_.local_net);
    return leg;
}

void Focus::apply_agreement(Participant& who, TimePoint now) {
    media::AudioLeg leg = audio_leg_of(who);
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

Result<DialPlace, RoomRefusal> Focus::enter(std::string_view room, std::string_view opener) {
    auto entry = rooms_.is_factory(room)
                     ? rooms_.enter_new(std::string(room) + '-' + random_.token(factory_name_size))
                     : rooms_.enter(room);
    if (!entry) return fail(entry.error());
    DialPlace place{entry->room.id, entry->room.name, entry->worker};
    if (entry->opened) {
        entry->room.authority.owner = opener;
        tell_opened(entry->room);
    }
    grow(entry->room);
    return place;
}

void Focus::tell_opened(const Room& room) {
    command(room, media::OpenRoom{room.id, room.media});
    log_.room_opened(room.name);
}

Result<DialPlace, RoomRefusal> Focus::share_place(const Participant& who) {
    rooms_.share(who.room, who.worker);
    return DialPlace{who.room, who.room_name, who.worker};
}

void Focus::give_back(const DialPlace& place) {
    if (const auto workers = rooms_.leave(place.room, place.worker); !workers.empty()) close(place, workers);
}

void Focus::close(const DialPlace& place, const RoomRegistry::Closed& workers) {
    watchers_.closed(place.room);
    video_.closed(place.room);
    for (const std::size_t worker : workers) commands_.push_back({worker, media::CloseRoom{place.room}});
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
