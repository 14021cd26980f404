// The kinds of setting that hold addresses and ports.
#include <algorithm>

#include "base/text.hpp"
#include "server/config_reading.hpp"

namespace rotunda::server::config_values {
namespace {

constexpr std::string_view schemes[] = {"udp", "tcp", "tls", "ws", "wss"};

Complaint read_listener(const ConfigNode& item, ListenAddress& out) {
    constexpr std::string_view form = "udp, tcp, tls, ws or wss://address:port, IPv6 in brackets";
    const std::size_t end = item.text.find("://");
    if (!is_scalar(item) || end == std::string::npos) return want(item, form);
    const std::string scheme = item.text.substr(0, end);
    const auto known = std::ranges::find(schemes, scheme);
    if (known == std::end(schemes))
        return not_one_of({ConfigNode::Kind::scalar, item.line, {}, scheme, {}}, schemes);
    const auto endpoint = Endpoint::parse(std::string_view(item.text).substr(end + 3));
    if (!endpoint || endpoint->address.is_multicast()) return want(item, form);
    out = {static_cast<sip::Transport>(known - std::begin(schemes)), *endpoint, false};
    return std::nullopt;
}

}  // namespace

Complaint Listeners::read(const ConfigNode& value, std::vector<ListenAddress>& out) {
    std::vector<ListenAddress> listeners;
    if (auto complaint = read_list(value, type, listeners, read_listener)) return complaint;
    if (listeners.empty()) return complain(value, "at least one listener is needed");
    for (std::size_t i = 0; i < listeners.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (listeners[i].transport == listeners[j].transport &&
                listeners[i].endpoint == listeners[j].endpoint && listeners[i].endpoint.port != 0)
                return complain(value, fmt::format("{} is listed twice", listeners[i].endpoint.to_string()));
    out = std::move(listeners);
    return std::nullopt;
}
std::string Listeners::print(const std::vector<ListenAddress>& value) {
    return print_list(value, [](const ListenAddress& l) {
        return quoted(fmt::format("{}://{}", scheme_of(l.transport), l.endpoint.to_string()));
    });
}

Complaint NameServers::read(const ConfigNode& value, std::vector<Endpoint>& out) {
    return read_list(value, type, out, [](const ConfigNode& item, Endpoint& server) -> Complaint {
        std::optional<Endpoint> endpoint = Endpoint::parse(item.text);
        if (!endpoint)
            if (auto address = IpAddress::parse(item.text)) endpoint = Endpoint{*address, 0};
        if (!is_scalar(item) || !endpoint)
            return want(item, "an address such as 192.0.2.53 or 127.0.0.1:5353");
        server = *endpoint;
        return std::nullopt;
    });
}
std::string NameServers::print(const std::vector<Endpoint>& value) {
    return print_list(
        value, [](const Endpoint& e) { return quoted(e.port ? e.to_string() : e.address.to_string()); });
}

Complaint ExternalEndpoint::read(const ConfigNode& value, std::optional<Endpoint>& out) {
    if (!is_scalar(value)) return want(value, type);
    std::optional<Endpoint> endpoint = Endpoint::parse(value.text);
    if (!endpoint)
        if (auto address = IpAddress::parse(value.text)) endpoint = Endpoint{*address, 0};
    if (!value.text.empty() &&
        (!endpoint || endpoint->address.is_wildcard() || endpoint->address.is_multicast()))
        return want(value, "the address peers reach, such as 203.0.113.5 or 203.0.113.5:5060");
    out = endpoint;
    return std::nullopt;
}
std::string ExternalEndpoint::print(const std::optional<Endpoint>& value) {
    if (!value) return "\"\"";
    return quoted(value->port ? value->to_string() : value->address.to_string());
}

Complaint ExternalAddress::read(const ConfigNode& value, std::optional<IpAddress>& out) {
    if (!is_scalar(value)) return want(value, type);
    const auto address = IpAddress::parse(value.text);
    if (!value.text.empty() && (!address || address->is_wildcard() || address->is_multicast()))
        return want(value, "the address peers reach, such as 203.0.113.5");
    out = address;
    return std::nullopt;
}
std::string ExternalAddress::print(const std::optional<IpAddress>& value) {
    return quoted(value ? value->to_string() : std::string());
}

Complaint Networks::read(const ConfigNode& value, std::vector<IpPrefix>& out) {
    return read_list(value, type, out, [](const ConfigNode& item, IpPrefix& prefix) -> Complaint {
        const auto parsed = is_scalar(item) ? IpPrefix::parse(item.text) : std::nullopt;
        if (!parsed) return want(item, "a prefix such as 10.0.0.0/8 or 2001:db8::/32");
        prefix = *parsed;
        return std::nullopt;
    });
}
std::string Networks::print(const std::vector<IpPrefix>& value) {
    return print_list(value, [](const IpPrefix& p) { return quoted(p.to_string()); });
}

Complaint Ports::read(const ConfigNode& value, PortRange& out) {
    const Split parts = split_once(value.text, '-');
    const auto first = parse_number<std::uint16_t>(trim(parts.head), 65535);
    const auto last = parts.tail ? parse_number<std::uint16_t>(trim(*parts.tail), 65535) : std::nullopt;
    if (!is_scalar(value) || !first || !last || *first < 1024)
        return want(value, "a range within 1024-65535 such as 20000-29999");
    // A pair starts at an even port (RFC 3550 §11).
    if ((*first + 1) / 2 * 2 + 1 > *last)
        return complain(value, "the range holds no pair of an even port and the odd one above it");
    out = {*first, *last};
    return std::nullopt;
}
std::string Ports::print(const PortRange& value) {
    return fmt::format("{}-{}", value.first, value.last);
}

}  // namespace rotunda::server::config_values
