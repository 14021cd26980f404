#include "rooms/trunk.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace rotunda::rooms {
namespace {

template <typename Wanted>
const Trunk* first(const std::vector<Trunk>& trunks, Wanted wanted) {
    const auto found = std::find_if(trunks.begin(), trunks.end(), wanted);
    return found == trunks.end() ? nullptr : &*found;
}

const std::string* room_at(const Trunk* trunk, std::string_view number) {
    if (!trunk) return nullptr;
    const auto did = trunk->dids.find(number);
    return did == trunk->dids.end() ? nullptr : &did->second;
}

}  // namespace

std::vector<sip::NameAddr> route_to(const Trunk& trunk) {
    // A name is looked up as the request has it (RFC 3263 §4): port and transport would be lost without
    // Route.
    const bool says_more = trunk.proxy.port() != 0 || trunk.proxy.has_param("transport");
    const bool literal = IpAddress::parse(trunk.proxy.host()).has_value();
    if (iequals(trunk.proxy.host(), trunk.domain) && (literal || !says_more)) return {};
    sip::Uri proxy = trunk.proxy;
    proxy.params().set("lr");
    return {{{}, std::move(proxy), {}}};
}

std::vector<sip::DigestCredentials> credentials_for(const Trunk& trunk) {
    if (trunk.password.empty()) return {};
    return {{trunk.user, trunk.password}};
}

const Trunk* TrunkTable::named(std::string_view name) const {
    return first(trunks_, [&](const Trunk& trunk) { return trunk.name == name; });
}

const Trunk* TrunkTable::from(const sip::Flow& flow) const {
    const IpAddress address = flow.remote.address.unmapped();
    const std::string_view proved = sip::proved_domain(flow);
    return first(trunks_, [&](const Trunk& trunk) {
        if (!proved.empty() && iequals(trunk.certificate, proved)) return true;
        return std::any_of(trunk.addresses.begin(), trunk.addresses.end(),
                           [&](const IpPrefix& prefix) { return prefix.contains(address); });
    });
}

const Trunk* TrunkTable::for_number(std::string_view number) const {
    return first(trunks_, [&](const Trunk& trunk) { return trunk.numbers && trunk.numbers(number); });
}

const std::string* TrunkTable::room_of(std::string_view number, const sip::Flow& flow) const {
    if (const std::string* room = room_at(from(flow), number)) return room;
    return room_at(first(trunks_, [&](const Trunk& trunk) { return room_at(&trunk, number) != nullptr; }),
                   number);
}

}  // namespace rotunda::rooms
