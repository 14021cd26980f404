#include "signaling/user_agent.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "signaling/capabilities.hpp"
#include "signaling/request_checks.hpp"
#include "signaling/response_route.hpp"

namespace rotunda::sip {
namespace {

// What broke before there was a whole message (the parser answers 416 and 400 alike).
Refusal refusal_of(const ParsedMessage& parsed) {
    return parsed.reason == ParseReason::uri_scheme ? Refusal::uri_scheme : Refusal::malformed;
}

// §8.1.1.8: an INVITE has a Contact. For RFC 2543 §6.13 it was optional, and From stood in for it.
bool can_be_reached(const SipMessage& invite) {
    if (contact_target(invite)) return true;
    return !invite.has(HeaderId::contact) && !invite.top_via().has_rfc3261_branch() &&
           invite.from().uri.is_sip();
}

// RFC 3261 §15.1.2, RFC 3262 §3, RFC 3311 §5.2, RFC 6086 §4.2.1.
bool needs_dialog(const Method& method) {
    return method == Method::bye || method == Method::update || method == Method::info ||
           method == Method::prack;
}

}  // namespace

UserAgent::UserAgent(UserAgentSettings settings, RandomSource& random)
    : settings_(std::move(settings)),
      random_(random),
      transactions_({settings_.timers, settings_.transaction_limits, settings_.router}, random),
      context_{settings_, settings_.timers, random} {
    settings_.texts = capability_texts(settings_);
}

// --- from the network and the clock

void UserAgent::receive(std::string_view bytes, const Flow& flow, TimePoint now) {
    receive(parse_message(bytes, settings_.parse), flow, now);
}

void UserAgent::receive(ParsedMessage parsed, const Flow& flow, TimePoint now) {
    if (parsed.ok()) {
        transactions_.receive(std::move(parsed.message), flow, now);
        return dispatch(now);
    }
    malformed_.count(parsed.reason);
    if (parsed.verdict != ParseVerdict::answer) return;
    refusals_.count(refusal_of(parsed));
    SipMessage response = SipMessage::response_to(parsed.message, parsed.status, parsed.phrase);
    if (response.to_tag().empty()) response.set_to_tag(random_.token(16));
    add_product(response, settings_);
    transactions_.send_stateless(std::move(response), flow);
}

void UserAgent::on_timeout(TimePoint now) {
    transactions_.on_timeout(now);
    dispatch(now);
    while (const auto due = timers_.pop_due(now)) {
        with(find(*due), now, [&](InviteSession& session, SessionOutbox& out) {
            session.on_timeout(now, out);
            return true;
        });
    }
    dispatch(now);
}

std::optional<TimePoint> UserAgent::next_timeout() {
    const auto sessions = timers_.next();
    const auto transactions = transactions_.next_timeout();
    if (!sessions || !transactions) return sessions ? sessions : transactions;
    return std::min(*sessions, *transactions);
}

void UserAgent::on_transport_error(const Flow& flow, TimePoint now) {
    transactions_.on_transport_error(flow, now);
    dispatch(now);
}

void UserAgent::on_dns_answer(const DnsAnswer& answer, TimePoint now) {
    transactions_.on_dns_answer(answer, now);
    dispatch(now);
}

std::vector<OutgoingMessage> UserAgent::take_outgoing() {
    return transactions_.take_outgoing();
}

std::vector<UserAgentEvent> UserAgent::take_events() {
    return std::exchange(events_, {});
}

bool UserAgent::idle() const {
    return calls_.empty() && by_local_tag_.empty() && invites_.empty() && requests_.empty() &&
           owners_requests_.empty() && timers_.size() == 0 && transactions_.server_transactions() == 0 &&
           transactions_.client_transactions() == 0;
}

// --- from the transaction layer

void UserAgent::dispatch(TimePoint now) {
    for (auto events = transactions_.take_events(); !events.empty(); events = transactions_.take_events())
        for (TransactionEvent& event : events) std::visit([&](auto& e) { on(e, now); }, event);
}

void UserAgent::on(RequestReceived& event, TimePoint now) {
    if (!passes_guard(event, now)) return;
    if (auto refused = check_headers(event.request, settings_))
        return refuse(event.transaction, refused->reason, std::move(refused->response), now);
    if (event.request.to_tag().empty()) return on_new_request(event, now);
    on_dialog_request(event, now);
}

bool UserAgent::passes_guard(RequestReceived& event, TimePoint now) {
    if (!guard_) return true;
    const Call* call =
        event.request.to_tag().empty() ? nullptr : find_call(DialogId::of_request(event.request));
    GuardVerdict verdict =
        guard_->check(event.request, event.flow, call ? &call->session.identity() : nullptr, now);
    if (verdict.refused)
        refuse(event.transaction, verdict.refused->reason, std::move(verdict.refused->response), now);
    const bool new_request = event.request.to_tag().empty();
    if (call && is_from(event.flow, call->session.told()))
        prove(event.request, {event.flow, FlowProof::By::dialog});
    else if (call && event.request.method() == Method::bye)
        proofs_.push_back({event.flow, FlowProof::By::passing});
    else if (new_request && verdict.identity.is_user())  // in a dialog nobody was asked for credentials
        prove(event.request,
              {event.flow, event.request.method() == Method::invite ? FlowProof::By::call_credentials
                                                                    : FlowProof::By::credentials});
    event.identity = std::move(verdict.identity);
    return !verdict.refused;
}

// A peer who has read our answer read it at the address it went to: some phones listen at another port than
// they send from (interop rule 15).
void UserAgent::prove(const SipMessage& request, FlowProof proof) {
    const Flow answered_at = response_flow(request.top_via(), proof.flow);
    if (!is_reliable(answered_at.transport) && answered_at.remote != proof.flow.remote)
        proofs_.push_back({answered_at, FlowProof::By::dialog});
    proofs_.push_back(std::move(proof));
}

// Early dialogs count too: our call may still be ringing there (RFC 3261 §12.1.2).
UserAgent::Call* UserAgent::find_call(const DialogId& id) {
    Call* call = find_by_tag(id.local_tag);
    return call && (call->session.matches(id) || call->session.matches_early(id)) ? call : nullptr;
}

bool UserAgent::is_partner(const DialogId& id, const Flow& flow) {
    const Call* call = find_call(id);
    return call && is_from(flow, call->session.told());
}

void UserAgent::on_dialog_request(RequestReceived& event, TimePoint now) {
    Call* call = find_call(DialogId::of_request(event.request));
    const Method method = event.request.method();
    const bool owners = is_owners(method, settings_);
    if (!call) {
        if (owners) return events_.push_back(std::move(event));
        return refuse(event.transaction, Refusal::no_dialog, SipMessage::response_to(event.request, 481),
                      now);
    }
    if (!call->session.matches(DialogId::of_request(event.request)))
        return on_early_request(*call, event, now);
    std::optional<std::string> sdp;
    // A BYE ends the call whatever is in it; what the others may carry is their own affair.
    if (method != Method::bye && method != Method::info && !owners)
        if (auto refused = check_content(event.request, settings_, sdp))
            return refuse(event.transaction, refused->reason, std::move(refused->response), now);
    if (auto refused = check_session_interval(event.request, settings_))
        return refuse(event.transaction, refused->reason, std::move(refused->response), now);
    with(call, now, [&](InviteSession& session, SessionOutbox& out) {
        give(session, std::move(event), std::move(sdp), now, out);
        return true;
    });
}

void UserAgent::give(InviteSession& session, RequestReceived event, std::optional<std::string> sdp,
                     TimePoint now, SessionOutbox& out) {
    switch (event.request.method().id()) {
        case Method::invite:
            invites_.emplace(event.transaction, session.id());
            return session.on_invite(std::move(event), std::move(sdp), now, out);
        case Method::bye:
            return session.on_bye(event, out);
        case Method::update:
            return session.on_update(std::move(event), std::move(sdp), now, out);
        case Method::prack:
            return session.on_prack(std::move(event), std::move(sdp), now, out);
        case Method::info:
            return session.on_info(event, out);
        case Method::options:
            return session.on_options(event, out);
        default:
            return session.on_owners_request(std::move(event), out);
    }
}

void UserAgent::on_early_request(Call& call, const RequestReceived& event, TimePoint now) {
    std::optional<std::string> sdp;
    if (auto refused = check_content(event.request, settings_, sdp))
        return refuse(event.transaction, refused->reason, std::move(refused->response), now);
    with(&call, now, [&](InviteSession& session, SessionOutbox& out) {
        session.on_early_request(event, sdp.has_value(), out);
        return true;
    });
}

void UserAgent::on_new_request(RequestReceived& event, TimePoint now) {
    if (needs_dialog(event.request.method()))
        return refuse(event.transaction, Refusal::no_dialog, SipMessage::response_to(event.request, 481),
                      now);
    if (event.request.method() == Method::invite) return on_new_invite(event, now);
    if (is_owners(event.request.method(), settings_)) return events_.push_back(std::move(event));
    std::optional<std::string> sdp;
    if (auto refused = check_content(event.request, settings_, sdp))
        return refuse(event.transaction, refused->reason, std::move(refused->response), now);
    events_.push_back(std::move(event));
}

void UserAgent::on_new_invite(RequestReceived& event, TimePoint now) {
    std::optional<std::string> offer;
    if (auto refused = check_content(event.request, settings_, offer))
        return refuse(event.transaction, refused->reason, std::move(refused->response), now);
    if (auto refused = check_session_interval(event.request, settings_))
        return refuse(event.transaction, refused->reason, std::move(refused->response), now);
    if (!can_be_reached(event.request))
        return refuse(event.transaction, Refusal::no_contact,
                      SipMessage::response_to(event.request, 400, "Missing or Unusable Contact"), now);
    if (session_count() >= settings_.max_sessions) {
        SipMessage response = SipMessage::response_to(event.request, 503);
        response.add(HeaderId::retry_after, std::to_string(settings_.retry_after_s));
        return refuse(event.transaction, Refusal::session_limit, std::move(response), now);
    }
    const SessionId id = ids_.next();
    const ServerTransactionId transaction = event.transaction;
    invites_.emplace(transaction, id);
    SessionOutbox out;
    InviteSession session(id, context_, std::move(event), std::move(offer), now, out);
    transactions_.set_to_tag(transaction, session.local_tag());
    add(std::move(session), out, now);
}

void UserAgent::on(AckReceived& event, TimePoint now) {
    Call* call = find_by_tag(event.ack.to_tag());
    if (!call || !call->session.matches(DialogId::of_request(event.ack))) return;
    prove_by_ack(call->session, event);
    with(call, now, [&](InviteSession& session, SessionOutbox& out) {
        session.on_ack(event, now, out);
        return true;
    });
}

// A 2xx counts as one proof, however often its ACK comes. From wherever the first ACK comes, it shows that
// our tag was read at the address we told it to.
void UserAgent::prove_by_ack(const InviteSession& session, const AckReceived& event) {
    const bool from_there = is_from(event.flow, session.told());
    const Identity& who = session.identity();
    const std::string user = who.is_user() ? who.name : std::string();
    if (from_there && session.awaits_first_ack(event.ack.cseq())) {
        prove(event.ack, {event.flow, FlowProof::By::ack, user});
    } else if (session.awaits_first_ack(event.ack.cseq())) {
        proofs_.push_back({event.flow, FlowProof::By::passing});
        proofs_.push_back({session.told(), FlowProof::By::ack, user});
    } else if (from_there && session.awaits_ack(event.ack.cseq())) {
        prove(event.ack, {event.flow, FlowProof::By::dialog});
    }
}

// A response carries our branch, so the request was read where it went, and the sender is proven as well:
// some phones answer from another port than they listen at.
void UserAgent::prove_by_response(const ResponseReceived& event) {
    if (!event.target) return;
    proofs_.push_back({event.flow, FlowProof::By::dialog});
    if (event.target->remote != event.flow.remote && !is_reliable(event.target->transport))
        proofs_.push_back({*event.target, FlowProof::By::dialog});
}

void UserAgent::on(CancelReceived& event, TimePoint now) {
    const auto it = invites_.find(event.invite);
    if (it == invites_.end()) return;
    with(find(it->second), now, [&](InviteSession& session, SessionOutbox& out) {
        session.on_cancel(event, now, out);
        return true;
    });
}

void UserAgent::on(ResponseReceived& event, TimePoint now) {
    prove_by_response(event);
    if (is_owners_answer(event, now)) return;
    const auto it = requests_.find(event.transaction);
    if (it == requests_.end()) return;
    if (Call* call = find(it->second.session); call && event.target) call->session.set_told(event.flow);
    const bool aside = it->second.aside;
    with(find(it->second.session), now, [&](InviteSession& session, SessionOutbox& out) {
        if (aside)
            session.on_aside_response(event.response, out);
        else
            session.on_response(event.response, event.flow, now, out, event.target);
        return true;
    });
}

void UserAgent::on(StrayInviteSuccess& event, TimePoint now) {
    with(find_by_tag(event.response.from_tag()), now, [&](InviteSession& session, SessionOutbox& out) {
        session.on_response(event.response, event.flow, now, out);
        return true;
    });
}

void UserAgent::on(ClientTransactionFailed& event, TimePoint now) {
    if (is_owners_failure(event)) return;
    const auto it = requests_.find(event.transaction);
    if (it == requests_.end()) return;
    const ClientRequest request = it->second;
    if (request.aside) return;
    with(find(request.session), now, [&](InviteSession& session, SessionOutbox& out) {
        session.on_request_failed(request.cseq, event.failure, now, out);
        return true;
    });
}

void UserAgent::on(ClientTransactionEnded& event, TimePoint now) {
    owners_requests_.erase(event.transaction);
    const auto request = requests_.extract(event.transaction);
    if (!request || !request.mapped().is_invite) return;
    with(find(request.mapped().session), now, [](InviteSession& session, SessionOutbox&) {
        session.on_invite_over();
        return true;
    });
}

void UserAgent::on(ServerTransactionEnded& event, TimePoint) {
    invites_.erase(event.transaction);
}

void UserAgent::refuse(ServerTransactionId transaction, Refusal reason, SipMessage response, TimePoint now) {
    refusals_.count(reason);
    add_product(response, settings_);
    transactions_.respond(transaction, std::move(response), now);
}

}  // namespace rotunda::sip
