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

bool has_address(const Trunk& trunk, const IpAddress& address) {
    return std::any_of(trunk.addresses.begin(), trunk.addresses.end(),
                       [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

bool is_from(const Trunk& trunk, const sip::Flow& flow) {
    const std::string_view proved = sip::proved_domain(flow);
    if (!proved.empty() && iequals(trunk.certificate, proved)) return true;
    return has_address(trunk, flow.remote.address.unmapped());
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

const Trunk* TrunkTable::named(std::string_view name) const {
    return first(trunks_, [&](const Trunk& trunk) { return trunk.name == name; });
}

const Trunk* TrunkTable::from(const sip::Flow& flow) const {
    return first(trunks_, [&](const Trunk& trunk) { return is_from(trunk, flow); });
}

const Trunk* TrunkTable::for_number(std::string_view number) const {
    return first(trunks_, [&](const Trunk& trunk) { return trunk.numbers && trunk.numbers(number); });
}

const std::string* TrunkTable::room_of(std::string_view number, const sip::Flow& flow) const {
    const Trunk* trunk =
        first(trunks_, [&](const Trunk& each) { return is_from(each, flow) && each.dids.contains(number); });
    return trunk ? &trunk->dids.find(number)->second : nullptr;
}

bool TrunkTable::leads_to(const sip::Uri& target) const {
    const auto address = IpAddress::parse(target.host());
    return first(trunks_, [&](const Trunk& trunk) {
        return iequals(target.host(), trunk.domain) || iequals(target.host(), trunk.proxy.host()) ||
               (address && has_address(trunk, address->unmapped()));
    });
}

}  // namespace rotunda::rooms
