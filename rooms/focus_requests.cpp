// The half of the focus that answers requests other than calls: REGISTER, OPTIONS, SUBSCRIBE and MESSAGE,
// inside a call and outside.
#include <utility>

#include "rooms/focus.hpp"
#include "rooms/secure_flow.hpp"

namespace rotunda::rooms {

void Focus::on(const sip::RequestReceived& event, TimePoint now) {
    const sip::Method& method = event.request.method();
    if (method == sip::Method::register_) return on_register(event, now);
    if (method == sip::Method::options) return answer_options(event, now);
    if (method == sip::Method::subscribe) return on_subscribe(event, std::nullopt, now);
    if (!event.request.to_tag().empty()) return refuse(event, {481, "no such dialog", {}}, now);
    if (method == sip::Method::message) return on_message(event, sender_of(event), now);
    if (method == sip::Method::refer) return on_refer(event, std::nullopt, now);
    refuse(event, {481, "it belongs to no dialog", {}}, now);
}

void Focus::on(const sip::DialogRequestReceived& event, TimePoint now) {
    const sip::Method& method = event.received.request.method();
    if (method == sip::Method::subscribe) return on_subscribe(event.received, event.session, now);
    if (method == sip::Method::message) return on_message_in_call(event, now);
    if (method == sip::Method::refer) return on_refer(event.received, event.session, now);
    on_notify(event, now);
}

void Focus::on(const sip::RequestAnswered& event, TimePoint now) {
    if (links_.on_answer(event, now) || notifier_.on_answer(event, now) || on_move_answer(event)) return;
    if (!chat_.on_answer(event) && !info_digits_.on_answer(event, now)) pictures_.on_answer(event);
}

void Focus::answer(const sip::RequestReceived& request, int status, const sip::ExtraHeaders& headers,
                   TimePoint now) {
    sip::SipMessage response = agent_.make_response(request.request, status);
    for (const auto& header : headers) response.add(header.id, header.value);
    agent_.respond(request.transaction, std::move(response), now);
}

void Focus::refuse(const sip::RequestReceived& request, const Refused& refused, TimePoint now) {
    answer(request, refused.status, refused.headers, now);
}

void Focus::on_register(const sip::RequestReceived& event, TimePoint now) {
    const accounts::RegisterAnswer answer =
        registrar_ ? registrar_->on_register(event, now) : accounts::RegisterAnswer{403, {}, {}};
    sip::SipMessage response = agent_.make_response(event.request, answer.status, answer.phrase);
    for (const auto& header : answer.headers) response.add(header.id, header.value);
    agent_.respond(event.transaction, std::move(response), now);
}

// RFC 3261 §11.2: the status an INVITE would get now; without a user part it is the server that is asked, and
// dispatchers ask so whether it takes further calls (interop rule 16).
void Focus::answer_options(const sip::RequestReceived& options, TimePoint now) {
    const std::string room = room_for(options.request, options.flow);
    const auto no = room.empty() ? no_more_calls() : refusal(room, options.identity);
    if (no) return refuse(options, *no, now);
    sip::SipMessage response = agent_.make_response(options.request, 200);
    // Where the source address may be forged the answer has no body: nobody is sent more than we were.
    if (!may_be_forged(options.flow, options.identity, settings_.local_net))
        response.set_body(sdp::describe_capabilities(settings_.media, options.flow.advertised.address),
                          "application/sdp");
    agent_.respond(options.transaction, std::move(response), now);
}

// --- watching a room (RFC 4575)

// A room is there to be watched while it is open. One that could be dialled now but is not open is only
// unavailable.
void Focus::on_subscribe(const sip::RequestReceived& subscribe, std::optional<sip::SessionId> session,
                         TimePoint now) {
    if (notifier_.resubscribe(subscribe, session, now)) return;
    const Participant* who = session ? find(*session) : nullptr;
    // RFC 5057 §5.3: what keeps the dialog alive may be refreshed, but nothing new begins in it.
    if (session && !who) return refuse(subscribe, {481, "the call is over", {}}, now);
    // RFC 6665 §4.1.2.2: 489 ends what phones ask of their own address (message-summary, presence); 404 and
    // 480 have them ask again and again.
    if (auto no = notifier_.refusal_of(subscribe.request))
        return agent_.respond(subscribe.transaction, std::move(*no), now);
    const std::string name = room_for(subscribe.request, subscribe.flow);
    const Room* room = who ? rooms_.find(who->room) : rooms_.find(name);
    if (room)
        return watchers_.subscribe(subscribe, session, *room,
                                   contact_for(room->name, trunks_.from(subscribe.flow)), now);
    const bool unknown = rooms_.would_refuse(name) == RoomRefusal::unknown;
    refuse(subscribe, {unknown ? 404 : 480, "no such room is open", {}}, now);
}

void Focus::send_notifies(TimePoint now) {
    watchers_.tell(now);
    while (const auto due = notifier_.next_due(now)) {
        if (referrals_.owns(due->subscription))
            referrals_.notify(*due, now);
        else
            watchers_.notify(*due, now);
    }
    for (const sip::SubscriptionId over : notifier_.take_over()) {
        referrals_.forget(over);
        watchers_.forget(over);
    }
}

// --- the room's chat (RFC 3428)

void Focus::on_message(const sip::RequestReceived& message, const Participant* who, TimePoint now) {
    if (who && who->joined) return chat_.say(message, *who, now);
    const bool open = rooms_.find(room_for(message.request, message.flow)) != nullptr;
    refuse(message, {open ? 403 : 404, "only who is in the room may speak", {}}, now);
}

// RFC 5057 §5.3: a dialog that a subscription keeps when its call is over has no room to speak in.
void Focus::on_message_in_call(const sip::DialogRequestReceived& message, TimePoint now) {
    const Participant* who = find(message.session);
    if (!who) return refuse(message.received, {481, "the call is over", {}}, now);
    on_message(message.received, who, now);
}

// Outside a call: the user who is in the room and has proved to be himself, or who is there with the same
// From and reaches us from the same address.
const Participant* Focus::sender_of(const sip::RequestReceived& message) const {
    const Room* room = rooms_.find(room_for(message.request, message.flow));
    if (!room) return nullptr;
    const std::string from = message.request.from().uri.to_string();
    for (const media::ParticipantId id : chat_.members(room->id)) {
        const Participant& who = participants_.at(id);
        const bool proved = message.identity.is_user() && who.identity == message.identity;
        if (proved || (who.from == from && who.signaling_source == message.flow.remote.address)) return &who;
    }
    return nullptr;
}

}  // namespace rotunda::rooms
