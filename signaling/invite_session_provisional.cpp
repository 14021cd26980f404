// The part of InviteSession that rings: provisional responses to the peer's INVITE, reliable ones too, and
// their PRACK (RFC 3262).
#include <utility>

#include "signaling/capabilities.hpp"
#include "signaling/invite_session.hpp"

namespace rotunda::sip {
namespace {

// RFC 3261 §13.3.1.1: proxies forget a call that is silent for three minutes.
constexpr Duration ring_refresh_interval = std::chrono::minutes(1);

}  // namespace

bool InviteSession::ring(Ringing ringing, TimePoint now, SessionOutbox& out) {
    if (ended_ || !remote_invite_ || confirmed_ || accept_after_prack_) return false;
    if (ringing.status <= 100 || ringing.status >= 200) return false;
    if (!provisional_ || !provisional_->waiting()) {
        send_ringing(std::move(ringing), now, out);
        return true;
    }
    // §3: one at a time. Only the last one is still true then, but a description must not get lost.
    if (next_ringing_ && !ringing.sdp) ringing.sdp = std::move(next_ringing_->sdp);
    next_ringing_ = std::move(ringing);
    return true;
}

void InviteSession::send_ringing(Ringing ringing, TimePoint now, SessionOutbox& out) {
    RemoteInvite& invite = *remote_invite_;
    ring_status_ = ringing.status;
    ring_refresh_ = now + ring_refresh_interval;
    // §5: an offer goes only where it is safe; and one description is enough.
    const bool offer = !invite.has_offer;
    if (invite.early_sdp || invite.agreed || (offer && !invite.takes_reliable)) ringing.sdp.reset();
    // §3: whoever demands it gets it reliable. But the first reliable response to an INVITE without an offer
    // must bring one (§5), so without SDP it stays unreliable (interop rule 10).
    const bool described = ringing.sdp || invite.early_sdp || invite.agreed;
    const bool reliable =
        invite.needs_reliable ? !offer || described : invite.takes_reliable && ringing.sdp.has_value();

    SipMessage response = make_dialog_response(invite.request, invite.flow, ringing.status);
    // RFC 3311 §5.1: he learns here that he may send UPDATE.
    if (reliable) add_capabilities(response, context_->settings);
    if (ringing.sdp) response.set_body(*ringing.sdp, "application/sdp");
    if (!reliable) {
        out.actions.push_back(SendResponse{invite.transaction, std::move(response), {}});
        return;
    }
    if (ringing.sdp) invite.early_sdp = std::move(ringing.sdp);
    if (!provisional_) provisional_.emplace(context_->timers, context_->random);
    provisional_->send(invite.transaction, std::move(response), now, out);
}

// --- PRACK

void InviteSession::on_prack(RequestReceived prack, std::optional<std::string> sdp, TimePoint now,
                             SessionOutbox& out) {
    if (!in_order(prack, out)) return;
    if (!provisional_ || !provisional_->acknowledge(prack.request))
        return refuse(prack, Refusal::no_dialog, out);
    take_prack_sdp(std::move(prack), std::move(sdp), out);
    continue_invite(now, out);
}

// §5: the answer to an offer of ours, or, when all is agreed, a new offer.
void InviteSession::take_prack_sdp(RequestReceived prack, std::optional<std::string> sdp,
                                   SessionOutbox& out) {
    const bool describes = !ended_ && remote_invite_ && remote_invite_->early_sdp && !remote_invite_->agreed;
    const bool owes_answer = describes && !remote_invite_->has_offer;
    if (describes) remote_invite_->agreed = true;
    if (!sdp || owes_answer) {
        out.actions.push_back(SendResponse{prack.transaction, make_response(prack.request, 200), {}});
        if (!owes_answer) return;
        if (sdp) return out.events.push_back(SdpAnswerReceived{id_, std::move(*sdp)});
        answer_remote_invite(400, "No Answer in PRACK", {}, out);
        return end(EndCause::failed, 400, {}, out);
    }
    if (const auto conflict = update_conflict(true)) return refuse(prack, *conflict, out);
    remote_update_ = RemoteUpdate{prack.transaction, prack.request, prack.flow};
    out.events.push_back(ReinviteReceived{id_, std::move(prack.request), std::move(sdp), prack.flow});
}

// What had to wait for a PRACK, or for our answer to the offer in it.
void InviteSession::continue_invite(TimePoint now, SessionOutbox& out) {
    if (ended_ || !remote_invite_ || remote_update_) return;
    if (provisional_ && provisional_->waiting()) return;
    if (accept_after_prack_)
        accept_remote_invite(std::move(*std::exchange(accept_after_prack_, std::nullopt)), now, out);
    else if (next_ringing_)
        send_ringing(std::move(*std::exchange(next_ringing_, std::nullopt)), now, out);
}

// --- the clock

void InviteSession::on_provisional_timeout(TimePoint now, SessionOutbox& out) {
    if (provisional_ && provisional_->given_up(now)) {  // §3
        answer_remote_invite(504, "No PRACK", {}, out);
        return end(EndCause::no_ack, 504, {}, out);
    }
    if (provisional_) provisional_->on_timeout(now, out);
    if (!ring_refresh_ || now < *ring_refresh_) return;
    ring_refresh_.reset();
    ring({ring_status_, {}}, now, out);
}

}  // namespace rotunda::sip
