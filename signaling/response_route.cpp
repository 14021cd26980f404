#include "signaling/response_route.hpp"

#include <string>

#include "base/net_address.hpp"
#include "signaling/next_hop.hpp"

namespace rotunda::sip {

namespace {

bool names_source(const Via& via, const IpAddress& source) {
    const auto host = IpAddress::parse(via.host);
    return host && host->unmapped() == source.unmapped();
}

// §18.2.2 sends responses to any unicast maddr. Only the peer's own address is believed: by another one a
// stranger would have us send what he likes, under our name, to whom he likes.
bool maddr_is_source(const Via& via, const Flow& flow) {
    const auto address = IpAddress::parse(via.params.get("maddr").value_or(""));
    return address && address->unmapped() == flow.remote.address.unmapped();
}

}  // namespace

bool note_source(Via& via, const Flow& flow) {
    bool changed = false;
    // §18.2.1: received when sent-by is a name or another address; RFC 3581 §4: always with rport.
    const bool wanted = via.has_rport() || !names_source(via, flow.remote.address);
    if (wanted) {
        via.params.set("received", flow.remote.address.unmapped().to_string());
        changed = true;
    } else if (via.received()) {
        via.params.remove("received");
        changed = true;
    }
    if (via.has_rport()) {
        via.params.set("rport", std::to_string(flow.remote.port));
        changed = true;
    }
    return changed;
}

Flow response_flow(const Via& via, const Flow& flow) {
    Flow back = flow;
    const std::uint16_t sent_by_port = via.port != 0 ? via.port : default_port(flow.transport);
    if (is_reliable(flow.transport)) {
        // §18.2.2: the connection of the request; when it is gone, the source address and the port of
        // sent-by.
        back.remote.port = sent_by_port;
        return back;
    }
    if (maddr_is_source(via, flow)) {
        back.remote.port = sent_by_port;
        return back;
    }
    // RFC 3581 §4: to the source port when the client asks for it. §18.2.2 without: to the source address and
    // the port of sent-by, since some phones send and listen on different ports; but a sent-by host that is
    // not the source means a NAT in between, whose port is the only one that leads back.
    const bool to_source_port = via.has_rport() || !names_source(via, flow.remote.address);
    if (!to_source_port) back.remote.port = sent_by_port;
    return back;
}

}  // namespace rotunda::sip
