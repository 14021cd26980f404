#include "signaling/request_router.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "signaling/capabilities.hpp"
#include "signaling/next_hop.hpp"

namespace rotunda::sip {
namespace {

bool is_web_socket(Transport transport) {
    return transport == Transport::ws || transport == Transport::wss;
}

// RFC 7118 §5: a name made up by a peer that nobody can connect to.
bool leads_nowhere(std::string_view host) {
    constexpr std::string_view end = ".invalid";
    return host.size() > end.size() && iequals(host.substr(host.size() - end.size()), end);
}

bool came_from(const Target& target, const Flow& flow) {
    return target.transport == flow.transport &&
           target.remote.address.unmapped() == flow.remote.address.unmapped();
}

// A name says only to whom it leads when it has been looked up; then the same holds as for an address.
bool is_welcome(const Flow& flow, const Flow& asked) {
    if (asked.asker) return may_reach(*asked.asker, flow);
    return is_unspecified(asked) || may_reach(asked.remote.address, flow);
}

}  // namespace

Uri RequestRouter::next_hop_uri(const SipMessage& request) {
    const auto routes = request.routes();
    return !routes.empty() && routes.front().uri.is_loose_router() ? routes.front().uri : request.uri();
}

std::optional<Uri> RequestRouter::to_resolve(const SipMessage& request, const Flow& flow) const {
    const bool unspecified = is_unspecified(flow);
    if (!unspecified && (!resolve_names_ || is_web_socket(flow.transport))) return std::nullopt;
    Uri uri = next_hop_uri(request);
    if (!uri.is_sip()) return std::nullopt;
    // A literal address has been taken care of by next_hop(), which knows of NAT.
    const bool literal = IpAddress::parse(uri.host()).has_value();
    if (!unspecified && (literal || leads_nowhere(uri.host()))) return std::nullopt;
    return uri;
}

std::optional<Flow> RequestRouter::flow_to(const Target& target, const Flow& asked) const {
    if (came_from(target, asked)) {
        // The connection that stands is used again (RFC 5923).
        Flow flow = asked;
        flow.remote = target.remote;
        return flow;
    }
    if (auto flow = new_flow_to(target, asked); flow && is_welcome(*flow, asked)) return flow;
    return std::nullopt;
}

std::optional<Flow> RequestRouter::new_flow_to(const Target& target, const Flow& asked) const {
    if (source_) return source_->flow_to(target.transport, target.remote);
    if (is_unspecified(asked) || asked.local.address.family() != target.remote.address.family())
        return std::nullopt;
    Flow flow = asked;
    flow.transport = target.transport;
    flow.remote = target.remote;
    flow.connection = {};
    return flow;
}

std::vector<Flow> RequestRouter::flows_to(const std::vector<Target>& targets, const Flow& asked,
                                          const Uri& uri) const {
    std::vector<Flow> flows;
    for (const Target& target : targets)
        if (auto flow = flow_to(target, asked)) {
            flow->domain = uri.host();
            flows.push_back(std::move(*flow));
        }
    std::stable_partition(flows.begin(), flows.end(), [&asked](const Flow& flow) {
        return came_from({flow.transport, flow.remote}, asked);
    });
    return flows;
}

void RequestRouter::fit_contact(SipMessage& request, const Flow& asked, const Flow& chosen) {
    if (asked.advertised == chosen.advertised && asked.transport == chosen.transport) return;
    auto contacts = request.contacts();
    if (contacts.size() != 1) return;
    Uri& uri = contacts.front().uri;
    if (uri.host() != asked.advertised.address.to_host() || uri.port() != asked.advertised.port) return;
    uri.set_host(chosen.advertised.address.to_host(), chosen.advertised.port);
    set_transport_param(uri, chosen.transport);
    request.set(HeaderId::contact, contacts.front().to_string());
}

void RequestRouter::return_to(const std::optional<Flow>& there, SipMessage& request, Flow& asked) {
    if (!there) return;
    fit_contact(request, asked, *there);
    Flow again = *there;
    again.asker = std::move(asked.asker);
    asked = std::move(again);
}

}  // namespace rotunda::sip
