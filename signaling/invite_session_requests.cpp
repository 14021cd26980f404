// Requests inside the dialog that leave the INVITE alone: OPTIONS and INFO, and those of the owner.
#include <utility>

#include "signaling/capabilities.hpp"
#include "signaling/info_body.hpp"
#include "signaling/invite_session.hpp"

namespace rotunda::sip {
namespace {

// RFC 6665 §4.4.1, RFC 3515 §2.2: their Contact moves the peer's target, as ours moves us.
bool refreshes_target(const Method& method) {
    return method == Method::subscribe || method == Method::notify || method == Method::refer;
}

}  // namespace

void InviteSession::on_options(const RequestReceived& options, SessionOutbox& out) {
    if (!in_order(options, out)) return;
    if (ended_) return refuse(options, Refusal::no_dialog, out);
    SipMessage response = make_response(options.request, 200);
    add_capabilities(response, context_->settings);
    out.actions.push_back(SendResponse{options.transaction, std::move(response), {}});
}

// RFC 6086: INFO changes nothing in the dialog; what it carries is told upward.
void InviteSession::on_info(const RequestReceived& info, SessionOutbox& out) {
    if (!in_order(info, out)) return;
    if (ended_) return refuse(info, Refusal::no_dialog, out);
    if (info.request.header("Info-Package")) {  // RFC 6086 §4.2.2: none is announced, and the answer says so
        SipMessage response = make_response(info.request, 469);
        response.add("Recv-Info", "");
        out.actions.push_back(SendResponse{info.transaction, std::move(response), Refusal::content_type});
        return;
    }
    const auto content = read_info(info.request);
    if (!content) {
        const BodyRefusal& no = content.error();
        SipMessage response = make_response(info.request, no.status, no.phrase);
        if (no.status == 415) response.add(HeaderId::accept, info_types());
        out.actions.push_back(SendResponse{info.transaction, std::move(response), Refusal::content_type});
        return;
    }
    out.actions.push_back(SendResponse{info.transaction, make_response(info.request, 200), {}});
    for (const InfoDigit& press : content->digits)
        out.events.push_back(DigitReceived{id_, press.digit, press.length});
    if (content->picture_update) out.events.push_back(PictureRequested{id_});
}

// --- the owner's

void InviteSession::on_owners_request(RequestReceived request, SessionOutbox& out) {
    if (!in_order(request, out)) return;
    if (ended_ && !is_held()) return refuse(request, Refusal::no_dialog, out);
    if (refreshes_target(request.request.method())) dialog_->refresh_target(request.request);
    out.events.push_back(DialogRequestReceived{id_, std::move(request)});
}

std::optional<SendRequest> InviteSession::make_request(OutgoingRequest request) {
    const bool open = ended_ ? is_held() : confirmed_ || success_ || owed_ack_;
    if (!dialog_ || !open) return std::nullopt;
    SipMessage message = dialog_->make_request(request.method);
    if (refreshes_target(request.method)) message.add(HeaderId::contact, contact());
    if (!request.from.display_name.empty()) {
        NameAddr from = message.from();
        from.display_name = std::move(request.from.display_name);
        message.set_from(from);
    }
    for (const ExtraHeader& header : request.headers) message.add(header.id, header.value);
    add_capabilities(message, context_->settings);
    say_product(message);
    if (!request.body.empty()) message.set_body(std::move(request.body), request.content_type);
    authorize(message);
    return SendRequest{std::move(message), dialog_->next_hop()};
}

NameAddr InviteSession::contact() const {
    return contact_of(contact_, dialog_->next_hop(), dialog_->secure(), context_->settings);
}

std::optional<SessionPeer> InviteSession::peer() const {
    if (!dialog_) return std::nullopt;
    SessionPeer peer{dialog_->remote(), dialog_->remote_target(), peer_allows_message_};
    peer.address.params = {};
    return peer;
}

void InviteSession::on_dialog_gone(SessionOutbox& out) {
    if (!ended_) end_with_bye(EndCause::gone, 481, {}, out);
}

void InviteSession::release_dialog() {
    if (holds_ > 0 && --holds_ == 0) held_until_.reset();
}

void InviteSession::limit_hold(TimePoint now) {
    if (ended_ && is_held() && !held_until_) held_until_ = now + context_->settings.hold_limit;
}

}  // namespace rotunda::sip
