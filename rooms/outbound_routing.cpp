#include "rooms/outbound_routing.hpp"

#include <map>
#include <utility>

#include "base/text.hpp"
#include "rooms/encryption_policy.hpp"
#include "signaling/next_hop.hpp"
#include "signaling/request_router.hpp"

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
                                                                       std::string_view room,
                                                                       const DialOrigin& origin,
                                                                       TimePoint now) {
    if (!target.is_sip() && !is_tel(target)) return fail(DialRefusal{416, "neither a SIP nor a tel address"});
    const std::string number = number_of(target);
    const bool ours = target.is_sip() && routes_.is_self(target);
    const bool secure = target.scheme() == sip::Uri::Scheme::sips;
    if (ours && origin.users)
        if (auto phones = phones_of(number, secure, room, now); !phones.empty()) {
            encrypt(phones, nullptr, room);
            return phones;
        }
    const Trunk* trunk = trunks_.for_number(number);
    // RFC 5630 §4: what was asked for by sips goes no other way.
    if (secure && trunk && trunk->proxy.scheme() != sip::Uri::Scheme::sips) trunk = nullptr;
    if (ours && !trunk) return fail(DialRefusal{480, "neither a registered user nor a trunk's number"});
    if (is_tel(target) && !trunk) return fail(DialRefusal{404, "no trunk takes this number"});
    const bool by_trunk = trunk && (ours || is_tel(target) || is_in(*trunk, target));
    // A trunk may know us by our address alone: it is not to be reached past the rule either.
    if (!origin.trunks && (by_trunk || trunks_.leads_to(target)))
        return fail(DialRefusal{403, "no trunk for who asks"});
    if (by_trunk)
        if (const auto why = tolls_.refusal(trunk->name, trunk->tolls, open_ ? open_(trunk->name) : 0, now))
            return fail(DialRefusal{503, std::string(*why)});
    auto leg = by_trunk ? through(*trunk, number, room) : straight(target, room, origin);
    if (!leg) return fail(leg.error());
    leg->trunks = origin.trunks;
    std::vector<OutgoingLeg> legs;
    legs.push_back(std::move(*leg));
    encrypt(legs, by_trunk ? trunk : nullptr, room);
    if (by_trunk) legs.front().through = trunk->name;
    return legs;
}

void OutboundRouting::encrypt(std::vector<OutgoingLeg>& legs, const Trunk* trunk,
                              std::string_view room) const {
    const MaybeEncryption by_room = rooms_ ? rooms_->encryption(room) : std::nullopt;
    const MaybeEncryption by_trunk = trunk ? trunk->encryption : std::nullopt;
    for (OutgoingLeg& leg : legs) {
        leg.media.encryption = stricter(by_room, by_trunk, std::nullopt, leg.media.encryption);
        encrypt(leg.otherwise, trunk, room);
    }
}

std::vector<OutgoingLeg> OutboundRouting::phones_of(std::string_view user, bool secure, std::string_view room,
                                                    TimePoint now) {
    if (!registrar_) return {};
    std::vector<OutgoingLeg> phones;
    std::map<std::string, std::size_t> known;  // instance -> its place in `phones`
    for (accounts::ContactTarget& contact : registrar_->locations().lookup(user, now)) {
        if (secure && contact.uri.scheme() != sip::Uri::Scheme::sips) continue;
        const sip::Uri& hop = contact.route.empty() ? contact.uri : contact.route.front().uri;
        const auto flow = contact.flow ? contact.flow : routes_.find(hop);
        if (!flow) continue;
        OutgoingLeg leg = plain_leg(std::move(contact.uri), *flow, room);
        leg.route = std::move(contact.route);
        leg.identity = sip::Identity::user(std::string(user), registrar_->realm());
        const auto same = known.find(contact.instance);
        if (!contact.instance.empty() && same != known.end()) {
            phones[same->second].otherwise.push_back(std::move(leg));
            continue;
        }
        known.emplace(contact.instance, phones.size());
        phones.push_back(std::move(leg));
    }
    return phones;
}

Result<OutgoingLeg, DialRefusal> OutboundRouting::through(const Trunk& trunk, std::string_view number,
                                                          std::string_view room) {
    auto flow = routes_.find(trunk.proxy);
    if (!flow || !links_.reachable(trunk)) return fail(DialRefusal{503, "the trunk is not reachable"});
    OutgoingLeg leg;
    leg.target = sip::Uri::sip(number, trunk.domain);
    leg.target.set_scheme(trunk.proxy.scheme());
    leg.flow = *flow;
    leg.identity = sip::Identity::trunk(trunk.name);
    leg.credentials = links_.credentials(trunk);
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

Result<OutgoingLeg, DialRefusal> OutboundRouting::straight(const sip::Uri& target, std::string_view room,
                                                           const DialOrigin& origin) {
    auto flow = routes_.find(target);
    if (!flow) return fail(DialRefusal{404, "no way to this address"});
    // A name's address is held to the same when it is found.
    if (origin.asker && !sip::is_unspecified(*flow) && !sip::may_reach(*origin.asker, *flow))
        return fail(DialRefusal{403, "an address inside, for who is outside"});
    flow->asker = origin.asker;
    sip::Uri uri = target;
    uri.clear_headers();
    uri.params().remove("method");
    return plain_leg(std::move(uri), *flow, room);
}

OutgoingLeg OutboundRouting::plain_leg(sip::Uri target, const sip::Flow& flow, std::string_view room) const {
    OutgoingLeg leg;
    leg.from.uri = sip::Uri::sip(room, flow.advertised.address.to_host(), flow.advertised.port);
    leg.from.uri.set_scheme(target.scheme());
    leg.target = std::move(target);
    leg.contact.user = room;
    leg.flow = flow;
    leg.media = media_;
    return leg;
}

bool OutboundRouting::go_by(OutgoingLeg& leg, const sip::Flow& way) const {
    if (!leg.trunks && trunks_.from(way)) return false;
    const Endpoint before = std::exchange(leg.flow, way).advertised;
    if (leg.from.uri.host() == before.address.to_host() && leg.from.uri.port() == before.port)
        leg.from.uri.set_host(way.advertised.address.to_host(), way.advertised.port);
    return true;
}

sdp::Capabilities OutboundRouting::media_of(const Trunk& trunk) const {
    sdp::Capabilities wanted = media_;
    wanted.video = {};  // carriers take sound (interop rule 26)
    if (trunk.codecs.empty()) return wanted;
    wanted.audio.clear();
    const sdp::Capabilities all = sdp::default_capabilities();
    for (const AudioCodec codec : trunk.codecs)
        for (const AudioSettings& settings : all.audio)
            if (settings.codec == codec) wanted.audio.push_back(settings);
    return wanted;
}

}  // namespace rotunda::rooms
