// The half of the focus that answers REFER, Replaces and Join (RFC 3515, 3891, 3911, 4579): who is called
// into a room or removed from it because somebody asked, and whose place somebody takes.
#include <algorithm>
#include <utility>

#include "accounts/authority.hpp"
#include "base/text.hpp"
#include "rooms/focus.hpp"
#include "signaling/refer.hpp"

namespace rotunda::rooms {
namespace {

// A phone sends its first packet within a round trip and the time to open its microphone.
constexpr Duration takeover_limit = std::chrono::seconds(1);

}  // namespace

// --- REFER

// RFC 4538: who names a call of his in Target-Dialog is the one who is in it, for nobody else knows its tags.
const Participant* Focus::named_by_target_dialog(const sip::SipMessage& request) {
    const auto reference = sip::dialog_reference(request, sip::HeaderId::target_dialog);
    const auto found = reference && *reference ? agent_.find_dialog((*reference)->dialog) : std::nullopt;
    return found ? find(found->session) : nullptr;
}

void Focus::on_refer(const sip::RequestReceived& refer, std::optional<sip::SessionId> session,
                     TimePoint now) {
    const auto wish = sip::read_refer(refer.request);
    if (!wish) return refuse(refer, {wish.error(), {}, {}}, now);
    const Participant* referrer = session ? find(*session) : named_by_target_dialog(refer.request);
    if (session && !referrer) return refuse(refer, {481, {}, {}}, now);
    if (!referrer && refer.identity.is_anonymous()) return refuse(refer, {403, {}, {}}, now);
    const std::string room = referrer ? referrer->room_name : room_for(refer.request, refer.flow);
    if (wish->method == sip::Method::bye) return on_refer_bye(refer, *wish, room, session, now);
    const sip::Identity& who =
        referrer && refer.identity.is_anonymous() ? referrer->identity : refer.identity;
    const std::string key = DialQuota::key_of(who, refer.flow.remote.address);
    if (auto refused = refusal_to_refer(who, key, room)) return refuse(refer, *refused, now);
    const auto referral =
        referrals_.accept(refer, wish->subscribes, session, contact_for(room, trunks_.from(refer.flow)), now);
    if (!referral) return;
    sip::ExtraHeaders headers;
    if (!wish->replaces.empty()) headers.push_back({sip::HeaderId::replaces, wish->replaces});
    if (!wish->referred_by.empty()) headers.push_back({sip::HeaderId::referred_by, wish->referred_by});
    const bool trunks = accounts::allows(settings_.refer.trunks, who);
    const DialId id = dial(room, wish->target, std::move(headers), now,
                           {.trunks = trunks,
                            .user = who.is_user() ? who.name : std::string(),
                            .account = key,
                            .asker = refer.flow.remote.address});
    quota_.begin(id, key);
    referrals_.follow(*referral, id);
}

// RFC 3515 §5: who may have us call whomever he likes, may have us call at others' cost and in our name.
std::optional<Focus::Refused> Focus::refusal_to_refer(const sip::Identity& who, const std::string& key,
                                                      std::string_view room) const {
    if (!accounts::allows(settings_.refer.access, who)) return Refused{403, "REFER is not for him", {}};
    if (quota_.full(key)) return Refused{480, "refer.max_dials reached", retry_later()};
    if (refusing_) return overloaded("shutting down");  // a 302 would send him away with his REFER
    return refusal(room, who);
}

// RFC 4579 §5.11: the URI is that of the participant's Contact, or who he said he is.
void Focus::on_refer_bye(const sip::RequestReceived& refer, const sip::ReferWish& wish,
                         const std::string& room, std::optional<sip::SessionId> session, TimePoint now) {
    const accounts::RoomAuthority* authority = rooms_.authority(room);
    if (!authority || !accounts::may_moderate(refer.identity, *authority))
        return refuse(refer, {403, {}, {}}, now);
    const auto found = std::find_if(participants_.begin(), participants_.end(), [&](const auto& entry) {
        const Participant& who = entry.second;
        return !who.ended && who.room_name == room &&
               (equivalent(who.uri, wish.target) || equivalent(who.contact, wish.target));
    });
    if (found == participants_.end()) return refuse(refer, {404, {}, {}}, now);
    const auto referral =
        referrals_.accept(refer, wish.subscribes, session, contact_for(room, trunks_.from(refer.flow)), now);
    if (!referral) return;
    agent_.bye(found->second.session, "SIP;cause=200;text=\"Removed by a moderator\"", now);
    referrals_.conclude(*referral, 200, now);
}

// --- Replaces and Join

Result<std::optional<Focus::Named>, Focus::Refused> Focus::named_call(const sip::IncomingInvite& event) {
    const auto replaces = sip::dialog_reference(event.request, sip::HeaderId::replaces);
    const auto join = sip::dialog_reference(event.request, sip::HeaderId::join);
    if (!replaces || !join || (*replaces && *join))
        return fail(Refused{400, "Replaces and Join contradict or cannot be read", {}});
    if (!*replaces && !*join) return std::optional<Named>();
    const sip::DialogReference& named = *replaces ? **replaces : **join;
    const auto found = agent_.find_dialog(named.dialog);
    // RFC 3891 §3, RFC 3911 §4.
    if (found && found->ended) return fail(Refused{603, "the named call is over", {}});
    Participant* who = found ? find(found->session) : nullptr;
    if (!who || found->early) return fail(Refused{481, "no such call is named", {}});
    if (named.early_only) return fail(Refused{486, "the named call is answered already", {}});
    if (!accounts::may_take_over(event.identity, who->identity))
        return fail(Refused{403, "not his call to take over", {}});
    return std::optional(Named{who->id, replaces->has_value()});
}

// The new call takes over the old one's place in the room, but is one call more until the old one has left:
// at most one for each participant, and beyond calls.max one in all.
std::optional<Focus::Refused> Focus::refusal_to_replace(const Participant& replaced) const {
    if (refusing_) return overloaded("shutting down");
    if (replaced.being_replaced) return Refused{603, "somebody takes that place already", {}};
    if (calls() > settings_.max_calls) return overloaded("calls.max reached");
    return std::nullopt;
}

// Both calls are in the mix until the new one is heard, so that the room hears no gap; a new one that sends
// nothing takes over at once.
void Focus::await_media(Participant& who, TimePoint now) {
    if (!who.leg.receives) return hang_up_replaced(who, now);
    takeovers_.set(who.id, now + takeover_limit);
}

// The new call ended before it was heard: the call it was to replace keeps the place.
void Focus::give_up_takeover(Participant& who) {
    takeovers_.erase(who.id);
    if (Participant* replaced = find(std::exchange(who.replaces, {}))) replaced->being_replaced = false;
}

void Focus::hang_up_replaced(Participant& who, TimePoint now) {
    takeovers_.erase(who.id);
    const Participant* replaced = find(std::exchange(who.replaces, {}));
    if (!replaced) return;
    log_.replaced(*replaced, who);
    agent_.bye(replaced->session, "SIP;cause=200;text=\"Replaced\"", now);
}

// --- to another focus

bool Focus::refer(media::RoomId room, media::ParticipantId id, const sip::Uri& target, TimePoint now) {
    Participant* who = find(id);
    if (!who || who->room != room) return false;
    const auto asked = [id](const auto& move) { return move.second == id; };
    if (std::any_of(moves_.begin(), moves_.end(), asked)) return false;  // and has not answered yet
    sip::OutgoingRequest refer;
    refer.method = sip::Method::refer;
    refer.headers = {{sip::HeaderId::refer_to, sip::NameAddr{{}, target, {}}.to_string()}};
    const sip::RequestId request = agent_.request(who->session, std::move(refer), now);
    if (!request) return false;
    moves_[request] = id;
    who->moving = true;
    log_.moving(*who, target);
    return true;
}

bool Focus::on_move_answer(const sip::RequestAnswered& event) {
    const auto move = moves_.extract(event.request);
    if (!move) return false;
    const auto who = participants_.find(move.mapped());
    if (who == participants_.end()) return true;
    // RFC 4488 §4: who says no to the subscription tells nothing of how it goes.
    const auto told = event.response ? event.response->header(sip::HeaderId::refer_sub) : std::nullopt;
    const bool silent = event.status() < 300 && told && iequals(trim(*told), "false");
    if (event.status() >= 300 || silent) end_move(who->second, silent ? 0 : event.status());
    return true;
}

void Focus::on_notify(const sip::DialogRequestReceived& event, TimePoint now) {
    Participant* who = find(event.session);
    const auto package =
        sip::ValueWithParams::parse(event.received.request.header(sip::HeaderId::event).value_or(""));
    // RFC 6665 §4.1.3: a NOTIFY nobody asked for.
    if (!who || !who->moving || !package || package->value != "refer")
        return refuse(event.received, {481, {}, {}}, now);
    answer(event.received, 200, {}, now);
    const auto status = sip::sipfrag_status(event.received.request.body());
    if (!status || *status < 200) {
        const auto state = sip::ValueWithParams::parse(
            event.received.request.header(sip::HeaderId::subscription_state).value_or(""));
        // RFC 6665 §4.1.3: he will say no more of it.
        if (state && iequals(state->value, "terminated")) end_move(*who, 0);
        return;
    }
    end_move(*who, *status);
    if (*status < 300) agent_.bye(event.session, "SIP;cause=302;text=\"Moved\"", now);
}

void Focus::end_move(Participant& who, int status) {
    who.moving = false;
    log_.moved(who, status);
}

}  // namespace rotunda::rooms
