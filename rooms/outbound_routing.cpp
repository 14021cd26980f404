#include "rooms/outbound_routing.hpp"

#include <utility>

#include "base/text.hpp"

namespace rotunda::rooms {
namespace {

bool is_in(const Trunk& trunk, const sip::Uri& target) {
    return iequals(target.host(), trunk.domain);
}

// RFC 3966 §3: the number ahead of its parameters, without visual separators.
std::string number_of(const sip::Uri& target) {
    if (target.is_sip()) return target.user();
    std::string number;
    for (const char c : target.opaque()) {
        if (c == ';') break;
        if (c != '-' && c != '.' && c != '(' && c != ')') number += c;
    }
    return number;
}

bool is_tel(const sip::Uri& target) {
    return !target.is_sip() && iequals(target.scheme_name(), "tel");
}

}  // namespace

OutboundRouting::OutboundRouting(const TrunkTable& trunks, const TrunkLinks& links, sdp::Capabilities media,
                                 RouteFinder& routes)
    : trunks_(trunks), links_(links), media_(std::move(media)), routes_(routes) {}

Result<std::vector<OutgoingLeg>, DialRefusal> OutboundRouting::legs_to(const sip::Uri& target,
                                                                       std::string_view room) {
    if (!target.is_sip() && !is_tel(target)) return fail(DialRefusal{416, "neither a SIP nor a tel address"});
    const std::string number = number_of(target);
    const Trunk* trunk = trunks_.for_number(number);
    const bool is_number = is_tel(target) || routes_.is_self(target);
    if (is_number && !trunk) return fail(DialRefusal{404, "no trunk takes this number"});
    auto leg = trunk && (is_number || is_in(*trunk, target)) ? through(*trunk, number, room)
                                                             : straight(target, room);
    if (!leg) return fail(leg.error());
    std::vector<OutgoingLeg> legs;
    legs.push_back(std::move(*leg));
    return legs;
}

Result<OutgoingLeg, DialRefusal> OutboundRouting::through(const Trunk& trunk, std::string_view number,
                                                          std::string_view room) {
    auto flow = routes_.find(trunk.proxy);
    if (!flow || !links_.reachable(trunk)) return fail(DialRefusal{503, "the trunk is not reachable"});
    OutgoingLeg leg;
    leg.target = sip::Uri::sip(number, trunk.domain);
    leg.target.set_scheme(trunk.proxy.scheme());
    leg.flow = *flow;
    leg.media = media_of(trunk);
    leg.takes_replaces = trunk.replaces;
    const std::string& caller = trunk.caller_id.empty() ? trunk.user : trunk.caller_id;
    leg.from.uri = sip::Uri::sip(caller.empty() ? room : caller, trunk.domain);
    leg.contact = {std::string(room), {}, trunk.isfocus, trunk.contact_host};
    leg.route = route_to(trunk);
    // RFC 3325 §9.1: we are in the trunk's trust domain, or it would not be configured.
    if (!trunk.caller_id.empty())
        leg.headers.push_back(
            {sip::HeaderId::p_asserted_identity, sip::NameAddr{{}, leg.from.uri, {}}.to_string()});
    return leg;
}

Result<OutgoingLeg, DialRefusal> OutboundRouting::straight(const sip::Uri& target, std::string_view room) {
    auto flow = routes_.find(target);
    if (!flow) return fail(DialRefusal{404, "no way to this address"});
    OutgoingLeg leg;
    leg.target = target;
    leg.target.clear_headers();
    leg.target.params().remove("method");
    leg.flow = *flow;
    leg.media = media_;
    leg.from.uri = sip::Uri::sip(room, flow->advertised.address.to_host(), flow->advertised.port);
    leg.from.uri.set_scheme(target.scheme());
    leg.contact.user = room;
    return leg;
}

sdp::Capabilities OutboundRouting::media_of(const Trunk& trunk) const {
    if (trunk.codecs.empty()) return media_;
    sdp::Capabilities wanted = media_;
    wanted.audio.clear();
    const sdp::Capabilities all = sdp::default_capabilities();
    for (const AudioCodec codec : trunk.codecs)
        for (const AudioSettings& settings : all.audio)
            if (settings.codec == codec) wanted.audio.push_back(settings);
    return wanted;
}

}  // namespace rotunda::rooms
