#include "signaling/dialog.hpp"

#include <algorithm>
#include <utility>

#include "signaling/next_hop.hpp"

namespace rotunda::sip {
namespace {

constexpr std::string_view initial_max_forwards = "70";  // RFC 3261 §8.1.1.6

// Table of §19.1.1: a Request-URI holds neither headers nor a method.
Uri as_request_uri(Uri uri) {
    uri.clear_headers();
    uri.params().remove("method");
    return uri;
}

// §12.1.1: our Contact is a sips URI where the Request-URI is, or the top Record-Route, or without one the
// peer's Contact.
bool wants_sips(const SipMessage& request) {
    const auto is_sips = [](const Uri& uri) { return uri.scheme() == Uri::Scheme::sips; };
    if (is_sips(request.uri())) return true;
    const auto routes = request.record_routes();
    if (!routes.empty()) return is_sips(routes.front().uri);
    const auto contact = contact_target(request);
    return contact && is_sips(*contact);
}

}  // namespace

DialogId DialogId::of_request(const SipMessage& request) {
    return {std::string(request.call_id()), std::string(request.to_tag()), std::string(request.from_tag())};
}

DialogId DialogId::of_response(const SipMessage& response) {
    return {std::string(response.call_id()), std::string(response.from_tag()),
            std::string(response.to_tag())};
}

std::optional<Uri> contact_target(const SipMessage& message) {
    const auto contacts = message.contacts();
    if (contacts.empty() || !contacts.front().uri.is_sip()) return std::nullopt;
    return as_request_uri(contacts.front().uri);
}

Dialog::Dialog(const SipMessage& request, std::string_view local_tag, const Flow& flow)
    : id_{std::string(request.call_id()), std::string(local_tag), std::string(request.from_tag())},
      local_(request.to()),
      remote_(request.from()),
      remote_target_(contact_target(request).value_or(request.from().uri)),
      route_set_(request.record_routes()),
      flow_(flow),
      remote_cseq_(request.cseq().number),
      secure_(is_secure(flow.transport) && wants_sips(request)),
      direct_(request.vias().size() == 1) {
    local_.set_tag(local_tag);
}

Dialog Dialog::as_client(const SipMessage& request, const SipMessage& response, const Flow& flow,
                         bool direct) {
    Dialog dialog;
    dialog.id_ = DialogId::of_response(response);
    dialog.local_ = request.from();
    dialog.remote_ = request.to();
    if (!response.to_tag().empty()) dialog.remote_.set_tag(response.to_tag());
    dialog.remote_target_ = contact_target(response).value_or(request.uri());
    dialog.route_set_ = response.record_routes();
    // §12.1.2: the UAC takes Record-Route in reverse order.
    std::reverse(dialog.route_set_.begin(), dialog.route_set_.end());
    dialog.flow_ = flow;
    dialog.local_cseq_ = request.cseq().number;
    dialog.secure_ = is_secure(flow.transport) && request.uri().scheme() == Uri::Scheme::sips;
    dialog.direct_ = direct;
    return dialog;
}

void Dialog::continue_from(const Dialog& early) {
    local_cseq_ = std::max(local_cseq_, early.local_cseq_);
    remote_cseq_ = early.remote_cseq_;
}

bool Dialog::accept_cseq(std::uint32_t number) {
    if (remote_cseq_ && number <= *remote_cseq_) return false;
    remote_cseq_ = number;
    return true;
}

void Dialog::refresh_target(const SipMessage& message) {
    if (auto target = contact_target(message)) remote_target_ = std::move(*target);
}

SipMessage Dialog::make_request(const Method& method) {
    return make(method, ++local_cseq_);
}

SipMessage Dialog::make_ack(std::uint32_t invite_cseq) const {
    return make(Method::ack, invite_cseq);
}

Flow Dialog::next_hop() const {
    if (route_set_.empty()) return sip::next_hop(remote_target_, flow_, direct_, trusted_);
    return sip::next_hop(route_set_.front().uri, flow_, false);
}

SipMessage Dialog::make(const Method& method, std::uint32_t cseq) const {
    const bool strict = !route_set_.empty() && !route_set_.front().uri.is_loose_router();
    // §12.2.1.1: a strict router wants to find itself in the Request-URI and the target at the end of the
    // route.
    SipMessage request =
        SipMessage::request(method, strict ? as_request_uri(route_set_.front().uri) : remote_target_);
    request.add(HeaderId::max_forwards, initial_max_forwards);
    for (std::size_t i = strict ? 1 : 0; i < route_set_.size(); ++i)
        request.add(HeaderId::route, route_set_[i]);
    if (strict) request.add(HeaderId::route, NameAddr{{}, remote_target_, {}});
    request.set_from(local_);
    request.set_to(remote_);
    request.set_call_id(id_.call_id);
    request.set_cseq(cseq, method);
    return request;
}

}  // namespace rotunda::sip
