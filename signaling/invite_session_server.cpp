// The half of InviteSession that answers: the peer's INVITE, re-INVITE, ACK, CANCEL and BYE.
#include <algorithm>
#include <utility>

#include "signaling/capabilities.hpp"
#include "signaling/invite_session.hpp"
#include "signaling/multipart.hpp"

namespace rotunda::sip {
namespace {

int status_of(Refusal reason) {
    if (reason == Refusal::no_dialog) return 481;
    return reason == Refusal::request_pending ? 491 : 500;
}

std::string reason_header(const SipMessage& message) {
    return std::string(message.header(HeaderId::reason).value_or(std::string_view{}));
}

}  // namespace

InviteSession::InviteSession(SessionId id, const SessionContext& context, RequestReceived invite,
                             std::optional<std::string> offer, TimePoint now, SessionOutbox& out)
    : context_(&context),
      id_(id),
      local_tag_(context.random.token(16)),
      is_caller_(false),
      timer_(context.settings.session_timer) {
    contact_.user = invite.request.uri().user();
    identity_ = invite.identity;
    dialog_.emplace(invite.request, local_tag_, invite.flow);
    // RFC 3261 §12.2.1.1: a carrier's calls may go on at another host of its cluster.
    if (identity_.is_trunk()) dialog_->trust_contact();
    told_ = invite.flow;
    note_allowed(invite.request);
    start_ring_limit(invite.request, now);
    hold_invite(invite, offer.has_value());
    out.events.push_back(
        IncomingInvite{id_, std::move(invite.request), std::move(offer), invite.flow, identity_});
}

// --- responses

SipMessage InviteSession::make_response(const SipMessage& request, int status,
                                        std::string_view phrase) const {
    SipMessage response = SipMessage::response_to(request, status, phrase);
    response.set_to_tag(local_tag_);
    add_product(response, context_->settings);
    return response;
}

// One that makes, confirms or moves the dialog (§12.1.1).
SipMessage InviteSession::make_dialog_response(const SipMessage& request, const Flow& flow,
                                               int status) const {
    SipMessage response = make_response(request, status);
    response.copy_headers(request, HeaderId::record_route);
    response.add(HeaderId::contact, contact_of(contact_, flow, dialog_->secure(), context_->settings));
    return response;
}

void InviteSession::refuse(const RequestReceived& request, Refusal reason, SessionOutbox& out) {
    SipMessage response = make_response(request.request, status_of(reason));
    if (reason == Refusal::overlapping_invite)  // §14.2: chosen at random between 0 and 10 seconds
        response.add(HeaderId::retry_after, std::to_string(context_->random.u32() % 11));
    out.actions.push_back(SendResponse{request.transaction, std::move(response), reason});
}

// --- INVITE

// What stands in the way of an INVITE inside the dialog.
std::optional<Refusal> InviteSession::invite_conflict() const {
    if (ended_) return Refusal::no_dialog;
    // §14.2: theirs, not answered yet; RFC 3311 §5.2: nor their UPDATE.
    if (remote_invite_ || remote_update_) return Refusal::overlapping_invite;
    // §14.2: ours. And RFC 6337 §3.4: no new offer while the answer to ours is due, here in the ACK.
    if (local_invite_ || owed_ack_ || (success_ && success_->has_offer) ||
        (local_update_ && local_update_->has_offer))
        return Refusal::request_pending;
    return std::nullopt;
}

void InviteSession::on_invite(RequestReceived invite, std::optional<std::string> offer, TimePoint now,
                              SessionOutbox& out) {
    if (!in_order(invite, out)) return;
    if (const auto conflict = invite_conflict()) return refuse(invite, *conflict, out);
    if (success_) {
        // RFC 5407 §3.1.4: nobody sends another INVITE before he has seen our 2xx: the ACK was lost or is
        // late.
        success_.reset();
        confirm(out);
    }
    note_allowed(invite.request);
    hold_invite(invite, offer.has_value());
    start_ring_limit(invite.request, now);
    out.events.push_back(ReinviteReceived{id_, std::move(invite.request), std::move(offer), invite.flow});
}

void InviteSession::hold_invite(const RequestReceived& invite, bool has_offer) {
    RemoteInvite held;
    held.transaction = invite.transaction;
    held.request = invite.request;
    held.flow = invite.flow;
    held.has_offer = has_offer;
    held.needs_reliable = invite.request.lists(HeaderId::require, "100rel");
    held.takes_reliable = held.needs_reliable || invite.request.lists(HeaderId::supported, "100rel");
    remote_invite_ = std::move(held);
}

void InviteSession::accept_remote_invite(std::string sdp, TimePoint now, SessionOutbox& out) {
    SipMessage response = make_dialog_response(remote_invite_->request, remote_invite_->flow, 200);
    add_capabilities(response, context_->settings);
    // RFC 3262 §5: what a reliable provisional response has said is done. An answer may be said again, an
    // offer would be a new one.
    if (remote_invite_->early_sdp) sdp = *remote_invite_->early_sdp;
    if (!remote_invite_->agreed || (remote_invite_->has_offer && remote_invite_->early_sdp))
        response.set_body(std::move(sdp), "application/sdp");
    timer_.answer(remote_invite_->request, response, now);
    dialog_->refresh_target(remote_invite_->request);

    Success success;
    success.transaction = remote_invite_->transaction;
    success.cseq = remote_invite_->request.cseq().number;
    success.has_offer = !remote_invite_->has_offer && !remote_invite_->agreed;
    success.interval = context_->timers.t1;
    success.resend_at = now + success.interval;
    success.give_up_at = now + context_->timers.transaction_lifetime();
    success.response = response;
    success_ = std::move(success);
    stop_ringing();
    out.actions.push_back(SendResponse{success_->transaction, std::move(response), {}});
}

void InviteSession::answer_remote_invite(int status, std::string_view phrase, const ExtraHeaders& headers,
                                         SessionOutbox& out) {
    SipMessage response = make_response(remote_invite_->request, status, phrase);
    for (const ExtraHeader& header : headers) response.add(header.id, header.value);
    const ServerTransactionId transaction = remote_invite_->transaction;
    stop_ringing();
    out.actions.push_back(SendResponse{transaction, std::move(response), {}});
}

void InviteSession::on_cancel(const CancelReceived& cancel, TimePoint now, SessionOutbox& out) {
    if (!remote_invite_ || remote_invite_->transaction != cancel.invite) return;
    answer_remote_invite(487, {}, {}, out);
    if (!confirmed_) return end(EndCause::cancelled, 487, reason_header(cancel.cancel), out);
    say_reinvite_possible(now, out);
}

void InviteSession::start_ring_limit(const SipMessage& invite, TimePoint now) {
    ring_limit_ = now + context_->settings.ring_limit;
    expires_ = false;
    // §13.3.1: an INVITE that expires first is answered with 487.
    if (const auto expires = invite.expires();
        expires && now + std::chrono::seconds(*expires) < *ring_limit_) {
        ring_limit_ = now + std::chrono::seconds(*expires);
        expires_ = true;
    }
}

void InviteSession::stop_ringing() {
    remote_invite_.reset();
    ring_limit_.reset();
    ring_refresh_.reset();
    next_ringing_.reset();
    accept_after_prack_.reset();
    if (provisional_) provisional_->stop_repeating();
}

void InviteSession::on_ring_limit(SessionOutbox& out) {
    const int status = expires_ ? 487 : 480;
    answer_remote_invite(status, {}, {}, out);
    if (!confirmed_) end(expires_ ? EndCause::cancelled : EndCause::timeout, status, {}, out);
}

// --- ACK

void InviteSession::on_ack(const AckReceived& ack, TimePoint now, SessionOutbox& out) {
    if (!success_ || ack.ack.cseq().number != success_->cseq) return;
    const bool had_offer = success_->has_offer;
    success_.reset();
    if (ended_) {
        if (bye_after_ack_) send_bye(*std::exchange(bye_after_ack_, std::nullopt), out);
        return;
    }
    if (had_offer) {
        if (auto answer = session_description_in(ack.ack))
            out.events.push_back(SdpAnswerReceived{id_, std::move(*answer)});
        else
            on_missing_sdp(out);
    }
    confirm(out);
    say_reinvite_possible(now, out);
}

// §13.3.1.4: the 2xx is repeated on every transport: the proxies in between may use another one.
void InviteSession::resend_success(TimePoint now, SessionOutbox& out) {
    success_->interval = std::min(2 * success_->interval, context_->timers.t2);
    success_->resend_at = now + success_->interval;
    out.actions.push_back(SendResponse{success_->transaction, success_->response, {}});
}

void InviteSession::on_no_ack(SessionOutbox& out) {
    success_.reset();
    constexpr std::string_view reason = "SIP;cause=408;text=\"No ACK\"";
    if (ended_)
        return send_bye(std::exchange(bye_after_ack_, std::nullopt).value_or(std::string(reason)), out);
    end_with_bye(EndCause::no_ack, 0, reason, out);
}

// --- BYE

bool InviteSession::in_order(const RequestReceived& request, SessionOutbox& out) {
    if (!dialog_->accept_cseq(request.request.cseq().number)) {
        refuse(request, Refusal::out_of_order, out);
        return false;
    }
    dialog_->set_flow(request.flow);
    return true;
}

void InviteSession::on_bye(const RequestReceived& bye, SessionOutbox& out) {
    if (!in_order(bye, out)) return;
    // A dialog that other usages keep has no call left to end; but BYEs that cross both mean one that was
    // there.
    if (ended_ && !bye_cseq_ && !bye_after_ack_) return refuse(bye, Refusal::no_dialog, out);
    out.actions.push_back(SendResponse{bye.transaction, make_response(bye.request, 200), {}});
    success_.reset();
    bye_after_ack_.reset();
    owed_ack_.reset();
    if (remote_invite_) answer_remote_invite(487, {}, {}, out);
    cancel_invite({}, out);
    end(EndCause::remote_bye, 0, reason_header(bye.request), out);
}

}  // namespace rotunda::sip
