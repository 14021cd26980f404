#include "signaling/invite_session.hpp"

#include <algorithm>
#include <utility>

#include "signaling/capabilities.hpp"

namespace rotunda::sip {

bool InviteSession::done() const {
    return ended_ && idle() && !bye_cseq_ && !is_held();
}

// RFC 3261 §13.2.2.4: as long as our INVITE's transaction lives, each fork that answers late gets ACK and
// BYE, and each copy of a 2xx its ACK. Where there was no 2xx there is nothing to wait for.
bool InviteSession::lingers() const {
    return done() && open_invites_ > 0 && dialog_;
}

bool InviteSession::finished() const {
    return done() && !lingers();
}

bool InviteSession::idle() const {
    return !remote_invite_ && !success_ && !local_invite_ && !owed_ack_ && !remote_update_ && !local_update_;
}

// --- commands common to both sides

bool InviteSession::accept(std::string sdp, TimePoint now, SessionOutbox& out) {
    if (ended_) return false;
    if (remote_update_) {
        accept_update(*remote_update_, std::move(sdp), now, out);
        remote_update_.reset();
        continue_invite(now, out);
        say_reinvite_possible(now, out);
        return true;
    }
    if (remote_invite_) {
        if (accept_after_prack_) return false;
        if (provisional_ && provisional_->waiting_with_sdp()) {
            accept_after_prack_ = std::move(sdp);
            return true;
        }
        accept_remote_invite(std::move(sdp), now, out);
        return true;
    }
    if (owed_prack_) {
        answer_in_prack(std::move(sdp), out);
        return true;
    }
    if (!owed_ack_) return false;
    const std::uint32_t cseq = owed_ack_->cseq;
    owed_ack_.reset();
    send_ack(*dialog_, cseq, std::move(sdp), out);
    confirm(out);
    say_reinvite_possible(now, out);
    return true;
}

bool InviteSession::reject(int status, std::string_view phrase, const ExtraHeaders& headers, TimePoint now,
                           SessionOutbox& out) {
    if (ended_ || status < 300 || status > 699) return false;
    if (remote_update_) {
        reject_update(status, phrase, headers, out);
        continue_invite(now, out);
        say_reinvite_possible(now, out);
        return true;
    }
    // An offer in a response can be refused only by ending the session (RFC 3261 §13.2.2.4).
    if (owed_ack_ || owed_prack_) return bye({}, out);
    if (!remote_invite_) return false;
    answer_remote_invite(status, phrase, headers, out);
    if (!confirmed_) end(EndCause::rejected, status, std::string(phrase), out);
    say_reinvite_possible(now, out);
    return true;
}

bool InviteSession::bye(std::string_view reason, SessionOutbox& out) {
    if (ended_) return false;
    if (remote_invite_ && !confirmed_) {
        ExtraHeaders headers;
        if (!reason.empty()) headers.push_back({HeaderId::reason, std::string(reason)});
        answer_remote_invite(480, {}, headers, out);
        end(EndCause::local, 480, {}, out);
    } else if (!dialog_) {
        cancel_invite(reason, out);
        end(EndCause::local, 0, {}, out);
    } else if (success_ && !confirmed_) {
        // RFC 3261 §15: the callee sends no BYE before the ACK to its 2xx, or the end of the wait for it.
        bye_after_ack_ = reason;
        end(EndCause::local, 0, {}, out);
    } else {
        end_with_bye(EndCause::local, 0, reason, out);
    }
    return true;
}

void InviteSession::send_waiting_bye(SessionOutbox& out) {
    if (!bye_after_ack_) return;
    success_.reset();
    send_bye(*std::exchange(bye_after_ack_, std::nullopt), out);
}

bool InviteSession::ping(SessionOutbox& out) {
    if (ended_ || !confirmed_ || ping_cseq_) return false;
    SipMessage options = dialog_->make_request(Method::options);
    ping_cseq_ = options.cseq().number;
    add_capabilities(options, context_->settings);
    say_product(options);
    send_request(std::move(options), dialog_->next_hop(), out);
    return true;
}

// --- the clock

void InviteSession::on_timeout(TimePoint now, SessionOutbox& out) {
    if (ring_limit_ && *ring_limit_ <= now) on_ring_limit(out);
    on_provisional_timeout(now, out);
    if (success_ && success_->give_up_at <= now) on_no_ack(out);
    if (success_ && success_->resend_at <= now) resend_success(now, out);
    if (local_invite_ && !local_invite_->canceled && local_invite_->give_up_at <= now)
        on_unanswered_invite(out);
    if (owed_ack_ && owed_ack_->give_up_at <= now) end_with_bye(EndCause::timeout, 0, {}, out);
    // RFC 4028 §10.
    if (timer_.expired(now))
        end_with_bye(EndCause::timeout, 0, "SIP;cause=408;text=\"Session expired\"", out);
    if (timer_.refresh_due(now)) refresh(now, out);
    if (held_until_ && *held_until_ <= now) {
        holds_ = 0;
        held_until_.reset();
    }
    say_reinvite_possible(now, out);
}

std::optional<TimePoint> InviteSession::next_timeout() const {
    std::optional<TimePoint> first;
    const auto consider = [&first](std::optional<TimePoint> at) {
        if (at && (!first || *at < *first)) first = at;
    };
    consider(ring_limit_);
    consider(ring_refresh_);
    if (provisional_) consider(provisional_->next_timeout());
    if (success_) consider(std::min(success_->resend_at, success_->give_up_at));
    if (local_invite_ && !local_invite_->canceled) consider(local_invite_->give_up_at);
    if (owed_ack_) consider(owed_ack_->give_up_at);
    consider(timer_.next_timeout());
    if (reinvite_wanted_ && idle()) consider(reinvite_from_);
    consider(held_until_);
    return first;
}

// --- the end

void InviteSession::end(EndCause cause, int status, std::string reason, SessionOutbox& out) {
    // What would ask to be woken goes first, also where the end is said already.
    timer_.stop();
    ring_limit_.reset();
    ring_refresh_.reset();
    if (ended_) return;
    ended_ = true;
    reinvite_wanted_ = false;
    ping_cseq_.reset();
    local_update_.reset();
    owed_prack_.reset();
    if (remote_update_) reject_update(487, {}, {}, out);
    out.events.push_back(SessionEnded{id_, cause, status, std::move(reason)});
}

void InviteSession::end_with_bye(EndCause cause, int status, std::string_view reason_header,
                                 SessionOutbox& out) {
    if (owed_ack_) {
        const std::uint32_t cseq = owed_ack_->cseq;
        owed_ack_.reset();
        send_ack(*dialog_, cseq, std::nullopt, out);
    }
    // RFC 3261 §15.1.2: requests still unanswered get their 487; ours are canceled.
    if (remote_invite_) answer_remote_invite(487, {}, {}, out);
    cancel_invite({}, out);
    success_.reset();
    send_bye(reason_header, out);
    end(cause, status, {}, out);
}

void InviteSession::say_product(SipMessage& request) const {
    const UserAgentSettings& settings = context_->settings;
    if (is_caller_ || settings.product_in_responses || !identity_.is_anonymous())
        add_product(request, settings);
}

void InviteSession::send_bye(std::string_view reason_header, SessionOutbox& out) {
    SipMessage bye = dialog_->make_request(Method::bye);
    bye_cseq_ = bye.cseq().number;
    if (!reason_header.empty()) bye.add(HeaderId::reason, reason_header);
    say_product(bye);
    send_request(std::move(bye), dialog_->next_hop(), out);
}

void InviteSession::cancel_invite(std::string_view reason_header, SessionOutbox& out) {
    if (!local_invite_ || local_invite_->canceled) return;
    local_invite_->canceled = true;
    out.actions.push_back(CancelInvite{std::string(reason_header)});
}

void InviteSession::confirm(SessionOutbox& out) {
    if (confirmed_ || ended_) return;
    confirmed_ = true;
    out.events.push_back(SessionConfirmed{id_});
}

void InviteSession::say_reinvite_possible(TimePoint now, SessionOutbox& out) {
    if (!reinvite_wanted_ || ended_ || !confirmed_ || !idle()) return;
    if (reinvite_from_ && now < *reinvite_from_) return;
    reinvite_wanted_ = false;
    reinvite_from_.reset();
    out.events.push_back(ReinvitePossible{id_});
}

}  // namespace rotunda::sip
