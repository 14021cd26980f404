// The part of InviteSession that proves who we are: requests of ours that were answered with 401 or 407 go
// again with credentials (RFC 3261 §22.2, §22.3), within the same call.
#include <algorithm>
#include <utility>

#include "signaling/invite_session.hpp"
#include "signaling/request_router.hpp"

namespace rotunda::sip {
namespace {

// Requests of one session under way at once: an INVITE or UPDATE, a ping, a BYE, and their forerunners; a
// PRACK or BYE for each fork.
constexpr std::size_t max_challengeable = 24;

}  // namespace

// Without credentials the owner's own header fields stay.
void InviteSession::authorize(SipMessage& request) {
    if (!digest_.empty()) digest_.authorize(request, context_->random);
}

void InviteSession::send_request(SipMessage request, const Flow& flow, SessionOutbox& out) {
    send({std::move(request), flow, false}, out);
}

void InviteSession::send_aside(SipMessage request, const Flow& flow, SessionOutbox& out) {
    send({std::move(request), flow, true}, out);
}

void InviteSession::send(Challengeable asked, SessionOutbox& out) {
    authorize(asked.request);
    if (asked.request.method() == Method::invite) {
        ++open_invites_;
        ack_credentials_.clear();
        for (const HeaderId id : {HeaderId::authorization, HeaderId::proxy_authorization})
            for (const std::string_view value : asked.request.values(id))
                ack_credentials_.push_back({id, std::string(value)});
    }
    if (!digest_.empty()) {
        if (challengeable_.size() == max_challengeable) challengeable_.erase(challengeable_.begin());
        challengeable_.push_back(asked);
    }
    out.actions.push_back(SendRequest{std::move(asked.request), asked.flow, asked.aside});
}

// A final response: true if its request was sent again, so that it is not final after all.
bool InviteSession::send_again(const SipMessage& response, const std::optional<Flow>& sent_to,
                               SessionOutbox& out) {
    // Those of several forks may have one CSeq; a response repeats the To tag of a request that has one.
    const auto it =
        std::find_if(challengeable_.begin(), challengeable_.end(), [&](const Challengeable& sent) {
            const std::string_view to_tag = sent.request.to_tag();
            return sent.request.cseq() == response.cseq() && (to_tag.empty() || to_tag == response.to_tag());
        });
    if (it == challengeable_.end()) return false;
    Challengeable sent = std::move(*it);
    challengeable_.erase(it);
    const Method method = sent.request.method();
    const bool dropped = method == Method::invite ? ended_ || !local_invite_ || local_invite_->canceled
                                                  : ended_ && method != Method::bye;
    if (dropped || !digest_.retry(sent.request, response)) return false;
    const std::uint32_t cseq = sent.aside ? cseq_after(sent.request) : next_cseq(method);
    if (!sent.aside) renumber(method, sent.request.cseq().number, cseq);
    sent.request.set_cseq(cseq, method);
    if (method == Method::invite && !dialog_) {
        RequestRouter::return_to(sent_to, local_invite_->request, local_invite_->flow);
        RequestRouter::return_to(sent_to, sent.request, sent.flow);
    }
    send(std::move(sent), out);
    return true;
}

bool InviteSession::answer_challenge(SipMessage& sent, const SipMessage& challenge) {
    if (!dialog_ || !digest_.retry(sent, challenge)) return false;
    sent.set_cseq(dialog_->next_cseq(), sent.method());
    authorize(sent);
    return true;
}

// The next one in that fork's dialog, which may have become the session's.
std::uint32_t InviteSession::cseq_after(const SipMessage& sent) {
    const std::string_view fork = sent.to_tag();
    if (dialog_ && dialog_->id().remote_tag == fork) return dialog_->next_cseq();
    const std::uint32_t next = sent.cseq().number + 1;
    EarlyDialog* early = early_dialog(fork);
    return early ? std::max(next, early->dialog.next_cseq()) : next;
}

std::uint32_t InviteSession::next_cseq(const Method& method) {
    if (dialog_) return dialog_->next_cseq();
    return method == Method::invite && local_invite_ ? local_invite_->cseq + 1 : 1;
}

// Whoever waits for the answer to a request waits for that to its successor.
void InviteSession::renumber(const Method& method, std::uint32_t old_cseq, std::uint32_t cseq) {
    if (method == Method::invite) {
        local_invite_->cseq = cseq;
        local_invite_->reliable = {};
        local_invite_->early_sdp.reset();
        if (dialog_) return;
        // The forks of the first try are no more.
        first_invite_->set_cseq(cseq, Method::invite);
        early_.clear();
        owed_prack_.reset();
        return;
    }
    if (local_update_ && local_update_->cseq == old_cseq) local_update_->cseq = cseq;
    if (bye_cseq_ == old_cseq) bye_cseq_ = cseq;
    if (ping_cseq_ == old_cseq) ping_cseq_ = cseq;
}

}  // namespace rotunda::sip
