// The half of InviteSession that asks: our INVITE and re-INVITE, and what comes back to them.
#include <utility>

#include "signaling/capabilities.hpp"
#include "signaling/invite_session.hpp"
#include "signaling/multipart.hpp"

namespace rotunda::sip {
namespace {

// A forking proxy may bring several 2xx; so many of them are taken care of.
constexpr std::size_t max_acknowledged_forks = 16;
// A 2xx goes out eleven times in its 64*T1 (§13.3.1.4); who sends more of them wants something else.
constexpr int max_repeated_acks = 11;

}  // namespace

InviteSession::InviteSession(SessionId id, const SessionContext& context, OutgoingInvite call, TimePoint now,
                             SessionOutbox& out)
    : context_(&context),
      id_(id),
      local_tag_(context.random.token(16)),
      is_caller_(true),
      direct_(call.direct),
      contact_(std::move(call.contact)),
      identity_(std::move(call.identity)),
      timer_(context.settings.session_timer) {
    SipMessage invite = SipMessage::request(Method::invite, call.target);
    invite.add(HeaderId::max_forwards, "70");
    for (const NameAddr& route : call.route) invite.add(HeaderId::route, route);
    call.from.set_tag(local_tag_);
    invite.set_from(call.from);
    invite.set_to(NameAddr{{}, std::move(call.target), {}});
    invite.set_call_id(call.call_id.empty() ? context.random.token(26) : call.call_id);
    invite.set_cseq(1, Method::invite);
    first_invite_ = invite;
    for (const ExtraHeader& header : call.headers) invite.add(header.id, header.value);
    digest_ = DigestClient(std::move(call.credentials));
    send_invite(std::move(invite), std::move(call.offer), call.flow,
                now + call.ring_limit.value_or(context.settings.ring_limit), out);
}

// One change at a time. If not now, ReinvitePossible follows.
bool InviteSession::may_change(TimePoint now) {
    reinvite_wanted_ = !confirmed_ || !idle() || (reinvite_from_ && now < *reinvite_from_);
    if (reinvite_wanted_) return false;
    reinvite_from_.reset();
    return true;
}

bool InviteSession::reinvite(std::optional<std::string> offer, TimePoint now, SessionOutbox& out) {
    if (ended_) return false;
    if (!may_change(now)) return false;
    // Without any final response it is canceled when other requests would have failed: the session stays as
    // it is.
    send_invite(dialog_->make_request(Method::invite), std::move(offer), dialog_->next_hop(),
                now + context_->timers.transaction_lifetime(), out);
    return true;
}

void InviteSession::send_invite(SipMessage invite, std::optional<std::string> sdp, const Flow& flow,
                                TimePoint give_up_at, SessionOutbox& out) {
    const bool secure = dialog_ ? dialog_->secure() : first_invite_->uri().scheme() == Uri::Scheme::sips;
    invite.add(HeaderId::contact, contact_of(contact_, flow, secure, context_->settings));
    add_capabilities(invite, context_->settings);
    say_product(invite);
    timer_.ask(invite);
    local_invite_ = LocalInvite{invite.cseq().number, sdp.has_value(), false, give_up_at, {}, flow, {}};
    if (sdp) invite.set_body(std::move(*sdp), "application/sdp");
    if (!dialog_) local_invite_->request = invite;
    send_request(std::move(invite), flow, out);
}

// --- responses

void InviteSession::on_response(const SipMessage& response, const Flow& flow, TimePoint now,
                                SessionOutbox& out, const std::optional<Flow>& sent_to) {
    if (response.is_final() && send_again(response, sent_to, out)) return;
    if (response.method() == Method::invite) return on_invite_response(response, flow, now, out);
    if (!response.is_final()) return;
    const std::uint32_t cseq = response.cseq().number;
    if (bye_cseq_ == cseq) {
        bye_cseq_.reset();
    } else if (ping_cseq_ == cseq) {
        ping_cseq_.reset();
        // RFC 3261 §12.2.1.2: only these two say that the dialog is no more.
        out.events.push_back(PingResult{id_, response.status() != 408 && response.status() != 481});
    } else if (local_update_ && local_update_->cseq == cseq) {
        if (response.is_success()) return on_update_success(response, now, out);
        on_update_failure(response.status(), &response, now, out);
    }
}

void InviteSession::on_aside_response(const SipMessage& response, SessionOutbox& out) {
    if (response.is_final()) send_again(response, std::nullopt, out);
}

void InviteSession::on_request_failed(std::uint32_t cseq, TransactionFailure failure, TimePoint now,
                                      SessionOutbox& out) {
    if (bye_cseq_ == cseq) {
        bye_cseq_.reset();
    } else if (ping_cseq_ == cseq) {
        ping_cseq_.reset();
        out.events.push_back(PingResult{id_, false});
    } else if (local_update_ && local_update_->cseq == cseq) {
        on_update_failure(failure == TransactionFailure::timeout ? 408 : 503, nullptr, now, out);
    } else if (local_invite_ && local_invite_->cseq == cseq) {
        // §8.1.3.1: as if 408 or 503 had come.
        if (failure == TransactionFailure::timeout)
            on_invite_failure(408, reason_phrase(408), nullptr, EndCause::timeout, now, out);
        else
            on_invite_failure(503, reason_phrase(503), nullptr, EndCause::transport, now, out);
    }
}

void InviteSession::on_invite_response(const SipMessage& response, const Flow& flow, TimePoint now,
                                       SessionOutbox& out) {
    if (response.is_success()) return on_invite_success(response, flow, now, out);
    if (!local_invite_ || local_invite_->cseq != response.cseq().number) return;
    if (response.is_provisional()) return on_invite_progress(response, flow, out);
    if (response.status() < 400 && !dialog_ && !ended_) return on_redirect(response, flow, out);
    on_invite_failure(response.status(), response.reason(), &response, EndCause::failed, now, out);
}

// RFC 3261 §8.1.3.4: whether to follow is the owner's decision.
void InviteSession::on_redirect(const SipMessage& response, const Flow& flow, SessionOutbox& out) {
    local_invite_.reset();
    end(EndCause::failed, response.status(), response.reason(), out);
    auto& ended = std::get<SessionEnded>(out.events.back());
    ended.contacts = response.contacts();
    ended.redirected_by = flow.remote.address;
}

void InviteSession::on_invite_failure(int status, std::string_view reason, const SipMessage* response,
                                      EndCause cause, TimePoint now, SessionOutbox& out) {
    if (!dialog_ && !ended_ && status == 422 && response && ask_for_longer_session(*response, out)) return;
    local_invite_.reset();
    if (ended_) return;
    if (!dialog_) return end(cause, status, std::string(reason), out);
    on_change_failed(status, response, true, now, out);
}

// RFC 4028 §7.3: the same call again, with the interval the peer can live with.
bool InviteSession::ask_for_longer_session(const SipMessage& too_small, SessionOutbox& out) {
    if (!timer_.on_too_small(too_small)) return false;
    SipMessage& invite = local_invite_->request;
    const std::uint32_t cseq = next_cseq(Method::invite);
    renumber(Method::invite, local_invite_->cseq, cseq);
    invite.set_cseq(cseq, Method::invite);
    timer_.ask(invite);
    send_request(invite, local_invite_->flow, out);
    return true;
}

void InviteSession::on_invite_success(const SipMessage& response, const Flow& flow, TimePoint now,
                                      SessionOutbox& out) {
    if (repeat_ack(response, out)) return;
    const std::uint32_t cseq = response.cseq().number;
    if (dialog_ && !matches(DialogId::of_response(response))) {
        if (is_caller_ && cseq == first_invite_->cseq().number) on_fork(response, flow, out);
        return;
    }
    if (!local_invite_ || local_invite_->cseq != cseq) return;
    const bool offered = local_invite_->has_offer, first = !dialog_;
    EarlySdp early{std::move(local_invite_->early_sdp), false};
    local_invite_.reset();
    if (first) {
        EarlyDialog confirmed = confirm_fork(response, flow);
        early = {std::move(confirmed.sdp), confirmed.answered};
        dialog_ = std::move(confirmed.dialog);
    } else {
        dialog_->refresh_target(response);
    }
    note_allowed(response);
    refreshing_ = false;
    if (!ended_) {
        timer_.on_success(response, now);
        return conclude(response, offered, std::move(early), now, out);
    }
    // The 2xx crossed our CANCEL or BYE. After a CANCEL it made a dialog that has to be ended (§9.1, §15).
    send_ack(*dialog_, cseq, std::nullopt, out);
    if (first) send_bye({}, out);
}

// Offer and answer in the 2xx (RFC 3261 §13.2.2.4, RFC 6337 §2), or before it (RFC 3262 §5): what its
// reliable provisional responses have said is not said again.
void InviteSession::conclude(const SipMessage& success, bool offered, EarlySdp early, TimePoint now,
                             SessionOutbox& out) {
    const bool said_early = early.sdp.has_value();
    auto sdp = said_early ? std::move(early.sdp) : session_description_in(success);
    const std::uint32_t cseq = success.cseq().number;
    if (!offered && sdp && !early.answered) {
        owed_ack_ = OwedAck{cseq, now + context_->timers.transaction_lifetime()};
        // The owner has been asked already where the 2xx overtook his answer.
        if (!said_early) out.events.push_back(OfferInResponse{id_, std::move(*sdp)});
        return;
    }
    send_ack(*dialog_, cseq, std::nullopt, out);
    if (offered && sdp)
        out.events.push_back(SdpAnswerReceived{id_, std::move(*sdp)});
    else if (!early.answered)
        on_missing_sdp(out);
    confirm(out);
    say_reinvite_possible(now, out);
}

// An answer, or an offer asked for, that did not come: no session without a first one, a later one changes
// nothing.
void InviteSession::on_missing_sdp(SessionOutbox& out) {
    if (confirmed_)
        out.events.push_back(ReinviteFailed{id_, 0});
    else
        end_with_bye(EndCause::failed, 0, "SIP;cause=488;text=\"No session description\"", out);
}

// --- ACK

// §13.2.2.4: every further copy of a 2xx gets the same ACK again.
bool InviteSession::repeat_ack(const SipMessage& response, SessionOutbox& out) {
    for (std::size_t slot = 0; slot < sent_acks_.size(); ++slot) {
        SentAck& sent = sent_acks_[slot];
        if (sent.cseq != response.cseq().number || sent.to_tag != response.to_tag()) continue;
        if (sent.repeated < max_repeated_acks) {
            ++sent.repeated;
            out.actions.push_back(RepeatAck{slot});
        }
        return true;
    }
    return false;
}

void InviteSession::send_ack(const Dialog& dialog, std::uint32_t cseq, std::optional<std::string> sdp,
                             SessionOutbox& out) {
    SipMessage ack = dialog.make_ack(cseq);
    for (const ExtraHeader& header : ack_credentials_) ack.add(header.id, header.value);
    if (sdp) ack.set_body(std::move(*sdp), "application/sdp");
    const std::string& fork = dialog.id().remote_tag;
    std::size_t slot = 0;
    while (slot < sent_acks_.size() && sent_acks_[slot].to_tag != fork) ++slot;
    if (slot == sent_acks_.size()) sent_acks_.emplace_back();
    sent_acks_[slot] = {cseq, fork};
    out.actions.push_back(SendAck{slot, std::move(ack), dialog.next_hop()});
}

// §13.2.2.4: another fork answered too. One call is enough: its dialog is acknowledged and ended.
void InviteSession::on_fork(const SipMessage& response, const Flow& flow, SessionOutbox& out) {
    if (sent_acks_.size() > max_acknowledged_forks) return;
    Dialog fork = Dialog::as_client(*first_invite_, response, flow, direct_);
    if (const EarlyDialog* early = early_dialog(response.to_tag())) fork.continue_from(early->dialog);
    send_ack(fork, response.cseq().number, std::nullopt, out);
    SipMessage bye = fork.make_request(Method::bye);
    bye.add(HeaderId::reason, "SIP;cause=200;text=\"Call completed elsewhere\"");
    say_product(bye);
    send_aside(std::move(bye), fork.next_hop(), out);
}

// --- the clock

void InviteSession::on_unanswered_invite(SessionOutbox& out) {
    cancel_invite("SIP;cause=408;text=\"No answer\"", out);
    if (!dialog_) end(EndCause::timeout, 408, std::string(reason_phrase(408)), out);
}

}  // namespace rotunda::sip
