// The peer's requests inside the dialog that leave the INVITE alone: OPTIONS and INFO.
#include <utility>

#include "signaling/capabilities.hpp"
#include "signaling/info_body.hpp"
#include "signaling/invite_session.hpp"

namespace rotunda::sip {

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
}

}  // namespace rotunda::sip
