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

std::string without_separators(std::string_view number) {
    std::string out;
    for (const char c : number.substr(0, number.find(';')))
        if (std::string_view("-.() ").find(c) == std::string_view::npos) out += c;
    return out;
}

// RFC 3966 §4: separators make no other number, nor do the parameters of a ported one (RFC 4694).
const std::string* room_in(const Trunk& trunk, std::string_view number) {
    auto found = trunk.dids.find(number);
    if (found == trunk.dids.end()) found = trunk.dids.find(without_separators(number));
    return found == trunk.dids.end() ? nullptr : &found->second;
}

// What is listed for the Request-URI serves the calls whose To names nothing that is.
const std::string* room_in(const Trunk& trunk, std::string_view number, std::string_view in_to) {
    const std::string* room = trunk.dids_in_to ? room_in(trunk, in_to) : nullptr;
    return room ? room : room_in(trunk, number);
}

bool begins_a_name(std::string_view user) {
    const char c = user.empty() ? 'a' : to_lower(user.front());
    return (c >= 'a' && c <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
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

sip::LocalContact contact_for(std::string_view room, const Trunk* trunk) {
    if (!trunk) return {std::string(room), {}, {}};
    return {std::string(room), {}, trunk->isfocus, trunk->contact_host};
}

void narrow(sdp::Capabilities& media, const Trunk& trunk) {
    if (trunk.codecs.empty()) return;
    media.audio.clear();
    const sdp::Capabilities all = sdp::default_capabilities();
    for (const AudioCodec codec : trunk.codecs)
        for (const AudioSettings& settings : all.audio)
            if (settings.codec == codec) media.audio.push_back(settings);
}

std::string number_of(const sip::Uri& target) {
    return target.is_sip() ? target.user() : without_separators(target.opaque());
}

std::optional<std::string> dialled_number(const sip::Uri& target) {
    if (!target.is_sip()) return number_of(target);
    const std::string user = target.user();
    if (begins_a_name(user)) return std::nullopt;
    return without_separators(user);
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

const std::string* TrunkTable::room_of(std::string_view number, const sip::Flow& flow,
                                       std::string_view in_to) const {
    for (const Trunk& trunk : trunks_)
        if (const std::string* room = room_in(trunk, number, in_to); room && is_from(trunk, flow))
            return room;
    return nullptr;
}

const Trunk* TrunkTable::reached_at(const sip::Uri& target) const {
    const std::string_view host = target.param("maddr").value_or(target.host());
    const auto address = IpAddress::parse(host);
    return first(trunks_, [&](const Trunk& trunk) {
        return sip::is_same_domain(host, trunk.domain) || sip::is_same_domain(host, trunk.proxy.host()) ||
               (address && has_address(trunk, address->unmapped()));
    });
}

}  // namespace rotunda::rooms
