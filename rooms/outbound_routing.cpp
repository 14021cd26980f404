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
    return sip::is_same_domain(target.host(), trunk.domain);
}

// What of a leg's address the trunk's `numbers` are asked about; nullopt: it is a name. A phone of ours may
// have a name of letters and digits that begins with a digit; it registered it itself, so that what is a
// number throughout is one.
std::optional<std::string> number_for_trunk(const OutgoingLeg& leg) {
    auto number = dialled_number(leg.target);
    const bool is_phone = leg.identity.is_user();
    if (number && is_phone && number->find_first_not_of("+0123456789*#") != number->npos) return std::nullopt;
    return number;
}

bool takes(const Trunk& trunk, const OutgoingLeg& leg, const std::optional<std::string>& number) {
    if (!number || trunk.numbers) return !number || trunk.numbers(*number);
    // It may be the proxy of our own users, who may be numbers by name.
    return leg.identity.is_user() && leg.identity.name == *number;
}

// With nothing that means another number to a carrier (RFC 4694's rn, for one). A phone gets back what it
// registered.
void dial_plainly(OutgoingLeg& leg, std::string_view number) {
    if (leg.identity.is_user()) return leg.target.set_user(number);
    sip::Uri plain = sip::Uri::sip(number, leg.target.host(), leg.target.port());
    plain.set_scheme(leg.target.scheme());
    for (const char* name : {"transport", "maddr", "user"})
        if (const auto value = leg.target.param(name)) plain.params().set(name, *value);
    leg.target = std::move(plain);
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
    const std::string user = number_of(target), number = dialled_number(target).value_or(user);
    const bool ours = target.is_sip() && routes_.is_self(target);
    const bool secure = target.scheme() == sip::Uri::Scheme::sips;
    if (ours && origin.users)
        if (auto phones = phones_of(user, secure, room, origin, now); !phones.empty()) return phones;
    const Trunk* trunk = trunks_.for_number(number);
    // RFC 5630 §4: what was asked for by sips goes no other way.
    if (secure && trunk && trunk->proxy.scheme() != sip::Uri::Scheme::sips) trunk = nullptr;
    if (ours && !trunk) return fail(DialRefusal{480, "neither a registered user nor a trunk's number"});
    if (is_tel(target) && !trunk) return fail(DialRefusal{404, "no trunk takes this number"});
    const bool by_trunk = trunk && (ours || is_tel(target) || is_in(*trunk, target));
    // A trunk may know us by our address alone: it is not to be reached past the rule either.
    if (!origin.trunks && (by_trunk || trunks_.reached_at(target)))
        return fail(DialRefusal{403, "no trunk for who asks"});
    auto leg = by_trunk ? through(*trunk, number, room) : straight(target, room, origin);
    if (!leg) return fail(leg.error());
    leg->origin = origin;
    // A name may lead to another one's address; then that one is asked (go_by).
    const Trunk* at_the_end = by_trunk ? trunk : trunks_.reached_at(target);
    if (!at_the_end && !sip::is_unspecified(leg->flow)) at_the_end = trunks_.from(leg->flow);
    if (auto refused = book(*leg, at_the_end, now)) return fail(std::move(*refused));
    std::vector<OutgoingLeg> legs;
    legs.push_back(std::move(*leg));
    return legs;
}

void OutboundRouting::encrypt(OutgoingLeg& leg, std::string_view room) const {
    const Trunk* trunk = leg.through.empty() ? nullptr : trunks_.named(leg.through);
    leg.media.encryption =
        stricter(rooms_ ? rooms_->encryption(room) : std::nullopt, trunk ? trunk->encryption : std::nullopt,
                 std::nullopt, media_.encryption);
}

// Whatever the way it was found by: by its number, its domain, its address, or a name that leads there.
std::optional<DialRefusal> OutboundRouting::book(OutgoingLeg& leg, const Trunk* trunk, TimePoint now) {
    if (!trunk || leg.booked) return std::nullopt;
    if (!leg.origin.trunks) return DialRefusal{403, "no trunk for who asks"};
    const auto named = rules_.find(leg.origin.user), others = rules_.find("*");
    const CallerRule* rule = leg.origin.account.empty() ? nullptr
                             : named != rules_.end()    ? &named->second
                             : others != rules_.end()   ? &others->second
                                                        : nullptr;
    const auto open = [&](std::string_view by, std::string_view account) {
        return open_ ? open_(by, account) : std::size_t{0};
    };
    const TollParty carrier{TollParty::Kind::trunk, trunk->name, &trunk->tolls, open(trunk->name, {})};
    const CallerRule none;
    const TollParty caller{TollParty::Kind::caller, leg.origin.account, rule ? &rule->limits : &none.limits,
                           rule ? open({}, leg.origin.account) : 0};
    const auto dialled = number_for_trunk(leg);
    const std::string number = dialled.value_or(leg.target.user());
    if (!takes(*trunk, leg, dialled)) {
        tolls_.refused(carrier, "a number that is not the trunk's", now);
        return DialRefusal{403, "a number that is not the trunk's"};
    }
    if (rule && rule->numbers && !rule->numbers(number)) {
        tolls_.refused(caller, "a number that is not for him", now);
        return DialRefusal{403, "a number that is not for who asks"};
    }
    const int minute = calendar_ ? calendar_(now) : 0;
    const auto why =
        rule ? tolls_.refusal({carrier, caller}, minute, now) : tolls_.refusal({carrier}, minute, now);
    if (why) return DialRefusal{503, std::string(*why)};
    leg.booked = true;
    if (dialled) dial_plainly(leg, number);
    suit(leg, *trunk);
    encrypt(leg, leg.contact.user);
    return std::nullopt;
}

// As the trunk wants its calls. A user's phone behind it knows the room by its name, and may have video.
void OutboundRouting::suit(OutgoingLeg& leg, const Trunk& trunk) const {
    leg.through = trunk.name;
    leg.takes_replaces = trunk.replaces;
    const std::string room = leg.contact.user;
    leg.contact = contact_for(room, &trunk);
    narrow(leg.media, trunk);
    if (leg.identity.is_user()) return;
    leg.media.video = {};  // carriers take sound (interop rule 26)
    const std::string& caller = trunk.caller_id.empty() ? trunk.user : trunk.caller_id;
    leg.from.uri = sip::Uri::sip(caller.empty() ? room : caller, trunk.domain);
    // RFC 3325 §9.1: we are in the trunk's trust domain, or it would not be configured.
    if (!trunk.caller_id.empty())
        leg.headers.push_back(
            {sip::HeaderId::p_asserted_identity, sip::NameAddr{{}, leg.from.uri, {}}.to_string()});
}

// No contact of a user's is a way to call a number, nor is a Path of his; the way he registered by leads to
// himself alone, unless a trunk is there.
std::vector<OutgoingLeg> OutboundRouting::phones_of(std::string_view user, bool secure, std::string_view room,
                                                    const DialOrigin& origin, TimePoint now) {
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
        leg.direct = contact.flow && leg.route.empty();
        leg.identity = sip::Identity::user(std::string(user), registrar_->realm());
        leg.origin = origin;
        leg.booked = contact.flow && !trunks_.from(*contact.flow);
        if (!sip::is_unspecified(*flow) && book(leg, trunks_.from(*flow), now)) continue;
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
    leg.media = media_;
    leg.contact.user = room;
    leg.route = route_to(trunk);
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
    encrypt(leg, room);
    return leg;
}

std::optional<DialRefusal> OutboundRouting::go_by(OutgoingLeg& leg, const sip::Flow& way, TimePoint now) {
    if (auto refused = book(leg, trunks_.from(way), now)) return refused;
    const Endpoint before = std::exchange(leg.flow, way).advertised;
    if (leg.from.uri.host() == before.address.to_host() && leg.from.uri.port() == before.port)
        leg.from.uri.set_host(way.advertised.address.to_host(), way.advertised.port);
    return std::nullopt;
}

}  // namespace rotunda::rooms
