// The part of InviteSession that changes a session without an INVITE: UPDATE (RFC 3311), theirs and ours.
#include <algorithm>
#include <chrono>
#include <utility>

#include "signaling/capabilities.hpp"
#include "signaling/invite_session.hpp"
#include "signaling/multipart.hpp"

namespace rotunda::sip {
namespace {

// RFC 3261 §14.1: in units of 10 ms, so that the two sides do not meet again.
Duration glare_delay(bool owns_call_id, RandomSource& random) {
    constexpr Duration unit = std::chrono::milliseconds(10);
    return owns_call_id ? unit * (210 + random.u32() % 191) : unit * (random.u32() % 201);
}

// A refresh that was refused for now, or met another change, is tried again so much later.
constexpr Duration refresh_retry = std::chrono::seconds(5);

}  // namespace

// RFC 3311 §5.1: only to a peer that says it takes UPDATE.
void InviteSession::note_allowed(const SipMessage& from_peer) {
    if (!from_peer.has(HeaderId::allow)) return;
    peer_allows_update_ = from_peer.lists(HeaderId::allow, "UPDATE");
    peer_allows_message_ = from_peer.lists(HeaderId::allow, "MESSAGE");
}

// --- theirs

// RFC 3311 §5.2: what stands in the way of an UPDATE.
std::optional<Refusal> InviteSession::update_conflict(bool has_offer) const {
    if (ended_) return Refusal::no_dialog;
    // One of theirs is not answered yet, whatever is in it.
    if (remote_update_) return Refusal::overlapping_invite;
    if (!has_offer) return std::nullopt;
    // An offer of theirs that we still have to answer.
    if ((remote_invite_ && !remote_invite_->agreed) || owed_ack_) return Refusal::overlapping_invite;
    // An offer of ours that they still have to answer.
    if (local_invite_ || (success_ && success_->has_offer) || (local_update_ && local_update_->has_offer))
        return Refusal::request_pending;
    return std::nullopt;
}

void InviteSession::on_update(RequestReceived update, std::optional<std::string> offer, TimePoint now,
                              SessionOutbox& out) {
    if (!in_order(update, out)) return;
    if (const auto conflict = update_conflict(offer.has_value())) return refuse(update, *conflict, out);
    note_allowed(update.request);
    RemoteUpdate theirs{update.transaction, update.request, update.flow};
    if (!offer) return accept_update(theirs, std::nullopt, now, out);
    remote_update_ = std::move(theirs);
    out.events.push_back(ReinviteReceived{id_, std::move(update.request), std::move(offer), update.flow});
}

// §5.2: the 2xx to an UPDATE moves the remote target and says where we are to be reached. That to a PRACK
// with an offer only answers.
void InviteSession::accept_update(const RemoteUpdate& update, std::optional<std::string> sdp, TimePoint now,
                                  SessionOutbox& out) {
    const bool refreshes = update.request.method() == Method::update;
    SipMessage response = refreshes ? make_dialog_response(update.request, update.flow, 200)
                                    : make_response(update.request, 200);
    if (refreshes) {
        add_capabilities(response, context_->settings);
        timer_.answer(update.request, response, now);
        dialog_->refresh_target(update.request);
    }
    if (sdp) {
        response.set_body(std::move(*sdp), "application/sdp");
        // What the INVITE's 2xx would say is of the past.
        if (remote_invite_) remote_invite_->early_sdp.reset();
    }
    out.actions.push_back(SendResponse{update.transaction, std::move(response), {}});
}

void InviteSession::reject_update(int status, std::string_view phrase, const ExtraHeaders& headers,
                                  SessionOutbox& out) {
    SipMessage response = make_response(remote_update_->request, status, phrase);
    for (const ExtraHeader& header : headers) response.add(header.id, header.value);
    out.actions.push_back(SendResponse{remote_update_->transaction, std::move(response), {}});
    remote_update_.reset();
}

// --- ours

bool InviteSession::update(std::optional<std::string> offer, TimePoint now, SessionOutbox& out) {
    if (ended_ || !peer_allows_update_) return false;
    if (!may_change(now)) return false;
    send_update(std::move(offer), out);
    return true;
}

void InviteSession::send_update(std::optional<std::string> offer, SessionOutbox& out) {
    SipMessage update = dialog_->make_request(Method::update);
    const Flow flow = dialog_->next_hop();
    update.add(HeaderId::contact, contact_of(contact_, flow, dialog_->secure(), context_->settings));
    add_capabilities(update, context_->settings);
    say_product(update);
    timer_.ask(update);
    local_update_ = LocalUpdate{update.cseq().number, offer.has_value()};
    if (offer) update.set_body(std::move(*offer), "application/sdp");
    send_request(std::move(update), flow, out);
}

// RFC 4028 §7.4: UPDATE without an offer where the peer takes it, else a re-INVITE, whose offer is the
// owner's. Whatever change is under way refreshes as well, or the refresh comes after it.
void InviteSession::refresh(TimePoint now, SessionOutbox& out) {
    if (!confirmed_ || !idle()) return timer_.postpone(now, refresh_retry);
    refreshing_ = true;
    if (peer_allows_update_) return send_update(std::nullopt, out);
    out.events.push_back(SessionRefreshDue{id_});
}

void InviteSession::on_update_success(const SipMessage& response, TimePoint now, SessionOutbox& out) {
    const bool had_offer = local_update_->has_offer;
    local_update_.reset();
    dialog_->refresh_target(response);
    note_allowed(response);
    timer_.on_success(response, now);
    refreshing_ = false;
    if (had_offer) {
        if (auto answer = session_description_in(response))
            out.events.push_back(SdpAnswerReceived{id_, std::move(*answer)});
        else
            out.events.push_back(ReinviteFailed{id_, 0});
    }
    say_reinvite_possible(now, out);
}

void InviteSession::on_update_failure(int status, const SipMessage* response, TimePoint now,
                                      SessionOutbox& out) {
    const bool had_offer = local_update_->has_offer;
    local_update_.reset();
    // RFC 3261 §21.4.6, §21.5.2: the peer's Allow promised too much.
    if (status == 405 || status == 501) peer_allows_update_ = false;
    on_change_failed(status, response, had_offer, now, out);
}

// A re-INVITE or UPDATE of ours was refused.
void InviteSession::on_change_failed(int status, const SipMessage* response, bool had_offer, TimePoint now,
                                     SessionOutbox& out) {
    // RFC 3261 §12.2.1.2, §14.1: these end the dialog; anything else leaves it as it was.
    if (status == 408) return end_with_bye(EndCause::timeout, status, {}, out);
    if (status == 481) return end_with_bye(EndCause::gone, status, {}, out);
    const Duration wait = status == 491 ? glare_delay(is_caller_, context_->random) : Duration{};
    if (status == 491 && had_offer) {
        reinvite_wanted_ = true;
        reinvite_from_ = now + wait;
    }
    if (std::exchange(refreshing_, false)) {
        // RFC 4028 §7.3: with more time at once; by other means at once; else while the session lasts.
        const bool longer = status == 422 && response && timer_.on_too_small(*response);
        const bool otherwise = !had_offer && !peer_allows_update_;
        timer_.postpone(now, longer || otherwise ? Duration{} : std::max<Duration>(wait, refresh_retry));
    }
    if (had_offer) out.events.push_back(ReinviteFailed{id_, status});
    say_reinvite_possible(now, out);
}

}  // namespace rotunda::sip
