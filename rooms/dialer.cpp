#include "rooms/dialer.hpp"

#include <algorithm>
#include <utility>

#include "rooms/secure_flow.hpp"

namespace rotunda::rooms {
namespace {

bool is_redirection(int status) {
    return status >= 300 && status < 400;
}

// A 6xx speaks for all of somebody's phones (RFC 3261 §16.7); else the lowest class says the most, but who
// was redirected has not refused: what is said where that led is better.
bool is_better(int status, int than) {
    if (than == 0) return true;
    if (than >= 600 || status >= 600) return status >= 600 && than < 600;
    const auto rank = [](int s) { return is_redirection(s) ? 45 : s / 100 * 10; };
    return rank(status) < rank(than);
}

// RFC 5626 §5.3: the flow is dead (430), or nobody was heard from over it.
bool is_unreachable(const sip::SessionEnded& event) {
    return event.status == 430 || event.cause == sip::EndCause::timeout ||
           event.cause == sip::EndCause::transport;
}

// Thousandths; RFC 3261 §20.10: without q it is 1.
int preference(const sip::NameAddr& contact) {
    const std::string_view q = contact.params.get("q").value_or("1");
    int value = !q.empty() && q[0] == '1' ? 1000 : 0;
    int unit = 100;
    for (std::size_t i = 2; i < std::min<std::size_t>(q.size(), 5); ++i, unit /= 10)
        if (q[i] >= '0' && q[i] <= '9') value += (q[i] - '0') * unit;
    return std::min(value, 1000);
}

// Who is about to be called; where our end of his media is, is still to come.
Participant callee_of(const OutgoingLeg& leg, sdp::OfferAnswer media, const DialPlace& place, TimePoint now) {
    Participant who(std::move(media));
    who.room = place.room;
    who.room_name = place.room_name;
    who.worker = place.worker;
    who.from = leg.target.to_string();
    who.dialed_out = true;
    who.identity = leg.identity;
    who.trunk = leg.through;
    who.dialled_for = leg.origin.account;
    who.dialled_by = leg.origin.user;
    who.uri = who.contact = leg.target;
    who.since = now;
    who.signaling_source = leg.flow.remote.address;
    return who;
}

// `wished`: header fields that who asked for the call wants in it.
sip::OutgoingInvite invite_for(OutgoingLeg& leg, const sip::ExtraHeaders& wished) {
    sip::OutgoingInvite invite;
    invite.target = std::move(leg.target);
    invite.identity = std::move(leg.identity);
    invite.from = std::move(leg.from);
    invite.contact = std::move(leg.contact);
    invite.flow = std::move(leg.flow);
    invite.direct = leg.direct;
    invite.route = std::move(leg.route);
    invite.headers = std::move(leg.headers);
    for (const sip::ExtraHeader& header : wished)
        if (leg.takes_replaces || header.id != sip::HeaderId::replaces) invite.headers.push_back(header);
    invite.credentials = std::move(leg.credentials);
    return invite;
}

}  // namespace

Dialer::Dialer(sip::UserAgent& agent, media::MediaPortPool& ports, VideoDesk& video, OutboundRouting& routing,
               RandomSource& random)
    : agent_(agent), ports_(ports), video_(video), routing_(routing), random_(random) {}

std::vector<DialEvent> Dialer::take_events() {
    return std::exchange(events_, {});
}

// --- ringing

DialId Dialer::start(DialPlace place, const sip::Uri& target, DialOptions options, TimePoint now) {
    Dial dial;
    dial.place = std::move(place);
    dial.until = now + options.ring_limit;
    dial.secure = target.scheme() == sip::Uri::Scheme::sips;
    dial.waiting.push_back({target, options.origin});
    dial.options = std::move(options);
    const DialId id = ids_.next();
    ring_next(*dials_.emplace(id, std::move(dial)).first, now);
    return id;
}

DialId Dialer::refuse(std::string room_name, int status, std::string reason) {
    const DialId id = ids_.next();
    events_.emplace_back(DialFailed{id, {{}, std::move(room_name), 0}, status, std::move(reason)});
    return id;
}

// Goes on until something rings or there is nothing left to try.
void Dialer::ring_next(Entry& entry, TimePoint now) {
    Dial& dial = entry.second;
    const std::size_t ringing = dial.under_way();
    while (!dial.waiting.empty() && dial.under_way() == ringing && now < dial.until) {
        const Target target = std::move(dial.waiting.back());
        dial.waiting.pop_back();
        ring(entry, target, now);
    }
    if (dial.under_way() == 0) fail(entry, now);
}

void Dialer::ring(Entry& entry, const Target& target, TimePoint now) {
    Dial& dial = entry.second;
    dial.tried.push_back(target.uri);
    auto legs = routing_.legs_to(target.uri, dial.place.room_name, target.origin, now);
    if (!legs) return remember(dial, legs.error().status, legs.error().why);
    for (OutgoingLeg& leg : *legs) {
        if (sip::is_unspecified(leg.flow))
            look_up(entry, std::move(leg), now);
        else if (!ring(entry, std::move(leg), now))
            remember(dial, 503, "no resources for the call");
    }
}

// Our offer says where we are: that depends on where he is.
void Dialer::look_up(Entry& entry, OutgoingLeg leg, TimePoint now) {
    const sip::LookupId lookup =
        agent_.find_way(leg.route.empty() ? leg.target : leg.route.front().uri, leg.flow.asker, now);
    by_lookup_.emplace(lookup, entry.first);
    entry.second.looked_up.emplace(lookup, std::move(leg));
}

void Dialer::on(const sip::WayFound& event, TimePoint now) {
    const auto known = by_lookup_.extract(event.lookup);
    if (!known) return;
    Entry& entry = *dials_.find(known.mapped());
    OutgoingLeg leg = std::move(entry.second.looked_up.extract(event.lookup).mapped());
    if (!event.flow) {
        remember(entry.second, 503, "his name leads nowhere");
        ring_otherwise(entry, std::move(leg.otherwise), now);
    } else if (now < entry.second.until) {
        if (const auto refused = routing_.go_by(leg, *event.flow, now))
            remember(entry.second, refused->status, refused->why);
        else if (!ring(entry, std::move(leg), now))
            remember(entry.second, 503, "no resources for the call");
    }
    ring_next(entry, now);
}

bool Dialer::ring(Entry& entry, OutgoingLeg leg, TimePoint now) {
    Dial& dial = entry.second;
    auto ports = ports_.reserve(leg.flow.remote.address);
    if (!ports) return false;
    leg.media.secure_signaling = is_secure(leg.flow);
    leg.media.browser = is_browser(leg.flow);
    Participant who = callee_of(leg, sdp::OfferAnswer(std::move(leg.media), random_), dial.place, now);
    who.call_id = random_.token(26);
    who.local = {ports->advertised, ports->rtp_port};
    who.ports = std::move(*ports);
    video_.allow_bundle(who, std::nullopt, is_browser(leg.flow));
    if (video_.offers_when_dialling()) video_.prepare(who, std::nullopt, leg.flow.remote.address);

    sip::OutgoingInvite invite = invite_for(leg, dial.options.headers);
    invite.offer = who.media.create_offer(who.local);
    invite.call_id = who.call_id;
    invite.ring_limit = dial.until - now;
    who.session = agent_.invite(std::move(invite), now);
    if (!who.session) return false;
    const sip::SessionId session = who.session;
    by_session_.emplace(session, entry.first);
    dial.branches.emplace(session, Branch{std::move(who), std::move(leg.otherwise), {}});
    return true;
}

void Dialer::ring_otherwise(Entry& entry, std::vector<OutgoingLeg> ways, TimePoint now) {
    if (ways.empty() || now >= entry.second.until) return;
    OutgoingLeg next = std::move(ways.front());
    ways.erase(ways.begin());
    next.otherwise = std::move(ways);
    if (sip::is_unspecified(next.flow)) return look_up(entry, std::move(next), now);
    ring(entry, std::move(next), now);
}

// --- from the user agent

// Early media is a preview nobody in the room is to hear.
void Dialer::on(const sip::InviteProgress& event) {
    auto& [id, dial] = dial_of(event.session);
    if (event.status <= dial.progress) return;
    dial.progress = event.status;
    events_.emplace_back(DialProgress{id, event.status});
}

void Dialer::on(const sip::SdpAnswerReceived& event) {
    dial_of(event.session).second.branches.at(event.session).answer = event.sdp;
}

void Dialer::on(const sip::SessionConfirmed& event, TimePoint now) {
    Entry& entry = dial_of(event.session);
    Branch branch = take_branch(entry, event.session);
    branch.who.answered = now;
    const auto parsed = sdp::parse(branch.answer.value_or(std::string()));
    if (!parsed || branch.who.media.accept_answer(*parsed)) {
        agent_.bye(event.session, "SIP;cause=488;text=\"Answer not acceptable\"", now);
        remember(entry.second, 488, "answer not acceptable");
        in_vain(std::move(branch.who), {event.session, sip::EndCause::failed, 488, "answer not acceptable"});
        return ring_next(entry, now);
    }
    // RFC 3326 §2: else each of his other phones shows a call he missed.
    hang_up(entry, "SIP;cause=200;text=\"Call completed elsewhere\"", now);
    events_.emplace_back(DialAnswered{entry.first, std::move(branch.who)});
    dials_.erase(entry.first);
}

void Dialer::on(const sip::SessionEnded& event, TimePoint now) {
    Entry& entry = dial_of(event.session);
    Branch branch = take_branch(entry, event.session);
    if (is_unreachable(event)) ring_otherwise(entry, std::move(branch.otherwise), now);
    if (is_redirection(event.status)) redirect(entry.second, event, branch.who.identity);
    remember(entry.second, event.status, event.reason);
    in_vain(std::move(branch.who), event);
    if (event.status >= 600) {
        hang_up(entry, "SIP;cause=" + std::to_string(event.status) + ";text=\"Declined elsewhere\"", now);
        entry.second.waiting.clear();
    }
    ring_next(entry, now);
}

// RFC 3261 §8.1.3.4. Nobody is tried twice, so that a loop ends; the number bounds what a liar can make us
// do, and a stranger leads us only where we could have been asked to go for him.
void Dialer::redirect(Dial& dial, const sip::SessionEnded& by, const sip::Identity& whom) {
    const bool known = !whom.is_anonymous();
    const DialOrigin& wish = dial.options.origin;
    DialOrigin origin = wish;
    origin.users = known && wish.users;
    origin.trunks = known && wish.trunks;
    origin.asker = by.redirected_by;
    std::vector<sip::NameAddr> contacts = by.contacts;
    std::stable_sort(contacts.begin(), contacts.end(),
                     [](const auto& a, const auto& b) { return preference(a) > preference(b); });
    if (contacts.size() > dial.options.max_redirects) contacts.resize(dial.options.max_redirects);
    std::vector<Target> fresh;
    bool passed_over = false;
    for (const sip::NameAddr& contact : contacts) {
        const bool usable =
            dial.secure ? contact.uri.scheme() == sip::Uri::Scheme::sips : contact.uri.is_sip();
        passed_over = passed_over || !usable;
        const auto same = [&](const sip::Uri& other) { return equivalent(other, contact.uri); };
        const auto same_target = [&](const Target& other) { return same(other.uri); };
        if (!usable || std::any_of(dial.tried.begin(), dial.tried.end(), same) ||
            std::any_of(dial.waiting.begin(), dial.waiting.end(), same_target) ||
            std::any_of(fresh.begin(), fresh.end(), same_target))
            continue;
        fresh.push_back({contact.uri, origin});
    }
    if (fresh.empty() && passed_over)
        remember(
            dial, 416,
            dial.secure ? "redirected to what is no sips address" : "redirected to what is no SIP address");
    dial.options.max_redirects -= fresh.size();
    dial.waiting.insert(dial.waiting.end(), fresh.rbegin(), fresh.rend());
}

void Dialer::remember(Dial& dial, int status, std::string_view reason) {
    if (status == 0) status = 500;
    if (!is_better(status, dial.status)) return;
    dial.status = status;
    dial.reason = reason;
}

// --- the end

std::size_t Dialer::branches_through(std::string_view trunk, std::string_view account) const {
    const auto counts = [&](const std::string& by, const std::string& on) {
        return is_toll_call(by, on, trunk, account) ? 1 : 0;
    };
    std::size_t found = 0;
    for (const auto& [id, dial] : dials_) {
        for (const auto& [session, branch] : dial.branches)
            found += counts(branch.who.trunk, branch.who.dialled_for);
        for (const auto& [lookup, leg] : dial.looked_up) found += counts(leg.through, leg.origin.account);
    }
    return found;
}

Dialer::Branch Dialer::take_branch(Entry& entry, sip::SessionId session) {
    by_session_.erase(session);
    return std::move(entry.second.branches.extract(session).mapped());
}

void Dialer::in_vain(Participant who, sip::SessionEnded how) {
    who.ended = std::move(how);
    events_.emplace_back(DialledInVain{std::move(who)});
}

void Dialer::hang_up(Entry& entry, std::string_view reason, TimePoint now) {
    for (auto& [session, branch] : std::exchange(entry.second.branches, {})) {
        by_session_.erase(session);
        agent_.bye(session, reason, now);
        in_vain(std::move(branch.who), {session, sip::EndCause::local, 0, {}});
    }
    for (auto& [lookup, leg] : std::exchange(entry.second.looked_up, {})) by_lookup_.erase(lookup);
}

void Dialer::fail(Entry& entry, TimePoint now) {
    Dial& dial = entry.second;
    if (now >= dial.until && dial.status < 600) remember(dial, 408, {});
    // Nobody above is to follow the 3xx once more.
    const bool nowhere = is_redirection(dial.status);
    events_.emplace_back(DialFailed{entry.first, std::move(dial.place), nowhere ? 480 : dial.status,
                                    nowhere ? "Redirected to nobody" : std::move(dial.reason)});
    dials_.erase(entry.first);
}

void Dialer::cancel(DialId id, TimePoint now) {
    const auto found = dials_.find(id);
    if (found == dials_.end()) return;
    hang_up(*found, {}, now);
    events_.emplace_back(DialFailed{id, std::move(found->second.place), 487, "Cancelled"});
    dials_.erase(found);
}

void Dialer::cancel_all(TimePoint now, std::optional<media::RoomId> room) {
    std::vector<DialId> ringing;
    for (const auto& [id, dial] : dials_)
        if (!room || dial.place.room == *room) ringing.push_back(id);
    for (const DialId id : ringing) cancel(id, now);
}

}  // namespace rotunda::rooms
