// The part of InviteSession that hears our call ring: early dialogs, one for each fork, and reliable
// provisional responses (RFC 3261 §12.1.2, RFC 3262 §4).
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "signaling/capabilities.hpp"
#include "signaling/invite_session.hpp"
#include "signaling/multipart.hpp"

namespace rotunda::sip {
namespace {

// A proxy may fork to many; so many of those that ring are told apart.
constexpr std::size_t max_early_dialogs = 16;
// Each costs us a transaction. A 180 is said again once a minute, and calls do not ring for half an hour.
constexpr int max_reliable = 32;

// RSeq of a response that wants a PRACK.
std::optional<std::uint32_t> reliable_number(const SipMessage& response) {
    const auto rseq = response.header(HeaderId::rseq);
    if (!rseq || !response.lists(HeaderId::require, "100rel")) return std::nullopt;
    return parse_number<std::uint32_t>(trim(*rseq), UINT32_MAX);
}

// §4: each once and in order; any other is as if it had not come.
bool is_next(ReliableSeen& seen, std::uint32_t rseq) {
    if (seen.count == max_reliable || (seen.count > 0 && rseq != seen.last + 1)) return false;
    seen = {rseq, seen.count + 1};
    return true;
}

}  // namespace

InviteSession::EarlyDialog* InviteSession::early_dialog(std::string_view to_tag) {
    const auto it = std::find_if(early_.begin(), early_.end(), [&](const EarlyDialog& early) {
        return early.dialog.id().remote_tag == to_tag;
    });
    return it == early_.end() ? nullptr : &*it;
}

InviteSession::EarlyDialog* InviteSession::early_dialog(const SipMessage& response, const Flow& flow) {
    if (response.to_tag().empty()) return nullptr;
    if (EarlyDialog* known = early_dialog(response.to_tag())) return known;
    if (early_.size() >= max_early_dialogs) return nullptr;
    early_.push_back({Dialog::as_client(*first_invite_, response, flow, direct_), {}, {}, false});
    return &early_.back();
}

bool InviteSession::matches_early(const DialogId& id) const {
    return !dialog_ && !ended_ && std::any_of(early_.begin(), early_.end(), [&](const EarlyDialog& early) {
        return early.dialog.id() == id;
    });
}

// --- provisional responses

void InviteSession::on_invite_progress(const SipMessage& response, const Flow& flow, SessionOutbox& out) {
    if (ended_ || response.status() == 100) return;
    if (dialog_) return on_reinvite_progress(response, out);
    EarlyDialog* early = early_dialog(response, flow);
    auto sdp = session_description_in(response);
    if (const auto rseq = early ? reliable_number(response) : std::nullopt) {
        if (!is_next(early->reliable, *rseq)) return;
        take_reliable(*early, response, *rseq, sdp, out);
    }
    if (!local_invite_->has_offer) sdp.reset();
    out.events.push_back(
        InviteProgress{id_, response.status(), std::move(sdp), std::string(response.to_tag())});
}

void InviteSession::take_reliable(EarlyDialog& early, const SipMessage& response, std::uint32_t rseq,
                                  const std::optional<std::string>& sdp, SessionOutbox& out) {
    const bool first = sdp && !early.sdp;
    if (first) early.sdp = sdp;
    const std::uint32_t cseq = response.cseq().number;
    if (!first || local_invite_->has_offer) return send_prack(early.dialog, rseq, cseq, std::nullopt, out);
    // §5: an offer, whose answer the PRACK brings. One is being answered already: this fork waits in vain.
    if (owed_prack_) return;
    owed_prack_ = OwedPrack{std::string(response.to_tag()), rseq, cseq};
    out.events.push_back(OfferInResponse{id_, *sdp});
}

// A re-INVITE makes no early dialog, its progress is nobody's news; but the PRACK is owed, and the answer in
// it is the answer (RFC 3262 §5): the 2xx may have none.
void InviteSession::on_reinvite_progress(const SipMessage& response, SessionOutbox& out) {
    const auto rseq = reliable_number(response);
    if (!rseq || !matches(DialogId::of_response(response)) || !is_next(local_invite_->reliable, *rseq))
        return;
    if (local_invite_->has_offer && !local_invite_->early_sdp)
        local_invite_->early_sdp = session_description_in(response);
    send_prack(*dialog_, *rseq, response.cseq().number, std::nullopt, out);
}

void InviteSession::send_prack(Dialog& dialog, std::uint32_t rseq, std::uint32_t cseq,
                               std::optional<std::string> sdp, SessionOutbox& out) {
    SipMessage prack = dialog.make_request(Method::prack);
    prack.add(HeaderId::rack, RAck{rseq, {cseq, Method::invite}}.to_string());
    say_product(prack);
    if (sdp) prack.set_body(std::move(*sdp), "application/sdp");
    send_aside(std::move(prack), dialog.next_hop(), out);
}

void InviteSession::answer_in_prack(std::string sdp, SessionOutbox& out) {
    const OwedPrack owed = *std::exchange(owed_prack_, std::nullopt);
    EarlyDialog& early = *early_dialog(owed.to_tag);
    early.answered = true;
    send_prack(early.dialog, owed.rseq, owed.cseq, std::move(sdp), out);
}

// The first 2xx: its fork is the call. The route set is that of the 2xx (RFC 3261 §13.2.2.4), the order of
// requests goes on.
InviteSession::EarlyDialog InviteSession::confirm_fork(const SipMessage& success, const Flow& flow) {
    EarlyDialog confirmed{Dialog::as_client(*first_invite_, success, flow, direct_), {}, {}, false};
    owed_prack_.reset();
    const EarlyDialog* early = early_dialog(success.to_tag());
    if (!early) return confirmed;
    confirmed.dialog.continue_from(early->dialog);
    confirmed.sdp = early->sdp;
    confirmed.answered = early->answered;
    return confirmed;
}

// --- requests of a fork that rings

void InviteSession::on_early_request(const RequestReceived& request, bool has_offer, SessionOutbox& out) {
    EarlyDialog& early = *early_dialog(request.request.from_tag());
    const Method& method = request.request.method();
    if (!early.dialog.accept_cseq(request.request.cseq().number))
        return refuse(request, Refusal::out_of_order, out);
    const bool update = method == Method::update;
    if (!update && method != Method::options && method != Method::info)
        return refuse(request, Refusal::no_dialog, out);
    // The owner learns what is agreed when the call is up; until then our offer is open.
    if (update && has_offer) return refuse(request, Refusal::request_pending, out);
    early.dialog.set_flow(request.flow);
    if (update) early.dialog.refresh_target(request.request);
    SipMessage response = make_response(request.request, 200);
    if (update)
        response.add(HeaderId::contact,
                     contact_of(contact_, request.flow, early.dialog.secure(), context_->settings));
    add_capabilities(response, context_->settings);
    out.actions.push_back(SendResponse{request.transaction, std::move(response), {}});
}

}  // namespace rotunda::sip
