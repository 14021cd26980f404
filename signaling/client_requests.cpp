#include "signaling/client_requests.hpp"

#include <cstddef>

#include "base/net_address.hpp"

namespace rotunda::sip {

namespace {

std::string_view via_transport(Transport transport) {
    constexpr std::string_view names[] = {"UDP", "TCP", "TLS", "WS", "WSS"};
    return names[static_cast<std::size_t>(transport)];
}

// Header fields that both kinds take over from the INVITE as they are: one Via, the same Route set
// (§17.1.1.3, §9.1).
SipMessage companion(const SipMessage& invite, Method::Id method) {
    SipMessage request = SipMessage::request(method, invite.uri());
    request.prepend_via(invite.top_via());
    request.set(HeaderId::max_forwards, "70");
    request.copy_headers(invite, HeaderId::route);
    request.copy_headers(invite, HeaderId::from);
    request.set_call_id(invite.call_id());
    request.set_cseq(invite.cseq().number, method);
    return request;
}

}  // namespace

Via client_via(const Flow& flow, std::string_view branch) {
    Via via;
    via.transport = via_transport(flow.transport);
    via.host = flow.advertised.address.to_host();
    via.port = flow.advertised.port;
    via.params.set("rport");
    via.set_branch(branch);
    return via;
}

bool is_own_via(const Via& via, const Flow& flow) {
    const auto host = IpAddress::parse(via.host);
    return host && *host == flow.advertised.address && via.port == flow.advertised.port;
}

SipMessage refusal_ack(const SipMessage& invite, const SipMessage& response) {
    SipMessage ack = companion(invite, Method::ack);
    ack.copy_headers(response, HeaderId::to);
    return ack;
}

SipMessage cancel_request(const SipMessage& invite) {
    SipMessage cancel = companion(invite, Method::cancel);
    cancel.copy_headers(invite, HeaderId::to);
    return cancel;
}

}  // namespace rotunda::sip
