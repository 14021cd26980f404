#include "server/greeting.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "server/config_values.hpp"
#include "signaling/next_hop.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t most_lines = 6;
constexpr std::uint16_t default_port = 5060;

// A user part that is a room under this configuration; empty if none is known.
std::string sample_room(const Config::Rooms& rooms) {
    if (rooms.on_demand)
        for (const char* guess : {"1000", "100", "1", "room", "conference"})
            if (rooms.on_demand->matches(guess)) return guess;
    return rooms.list.empty() ? std::string() : rooms.list.front().name;
}

// "sip:1000@192.0.2.1"; the transport is said where UDP, which phones assume, is not served.
std::string uri(const std::string& room, const Endpoint& at, sip::Transport transport) {
    const std::string port = at.port == sip::default_port(transport) ? "" : fmt::format(":{}", at.port);
    const bool said = transport != sip::Transport::udp;
    return fmt::format("sip:{}@{}{}{}", room, at.address.to_host(), port,
                       said ? fmt::format(";transport={}", scheme_of(transport)) : "");
}

bool served_on_udp(const std::vector<ListenAddress>& bound, const Endpoint& endpoint) {
    return std::any_of(bound.begin(), bound.end(), [&](const ListenAddress& l) {
        return l.transport == sip::Transport::udp && l.endpoint == endpoint;
    });
}

std::vector<std::string> uris(const std::string& room, const Config& config,
                              const std::vector<ListenAddress>& bound, const std::vector<IpAddress>& host) {
    std::vector<std::string> found;
    const auto add = [&](std::string text) {
        if (std::find(found.begin(), found.end(), text) == found.end()) found.push_back(std::move(text));
    };
    if (const auto& external = config.sip.external_address)
        add(uri(room, {external->address, external->port ? external->port : bound.front().endpoint.port},
                sip::Transport::udp));
    for (const ListenAddress& l : bound) {
        // Browsers come by a web page, not by dialling.
        if (l.transport == sip::Transport::ws || l.transport == sip::Transport::wss) continue;
        if (l.transport == sip::Transport::tcp && served_on_udp(bound, l.endpoint)) continue;
        if (!l.endpoint.address.is_wildcard())
            add(uri(room, l.endpoint, l.transport));
        else
            for (const IpAddress& address : host)
                if (address.family() == l.endpoint.address.family())
                    add(uri(room, {address, l.endpoint.port}, l.transport));
    }
    if (found.size() > most_lines) found.resize(most_lines);
    return found;
}

// Linphone wants port 5060 for itself, which a server on the same host has.
std::string_view linphone_port(const std::vector<ListenAddress>& bound) {
    const bool taken = std::any_of(bound.begin(), bound.end(),
                                   [](const ListenAddress& l) { return l.endpoint.port == default_port; });
    return taken ? "ports sip 5070     and then   " : "";
}

std::string no_sample(const Config::Rooms& rooms) {
    if (!rooms.on_demand) return "No room can be dialled: rooms.on_demand and rooms.list are empty.\n";
    return fmt::format("Dial a room that rooms.on_demand allows ({}), from any SIP phone.\n",
                       rooms.on_demand->text());
}

}  // namespace

std::string listeners(const std::vector<ListenAddress>& bound) {
    std::vector<std::string> parts;
    parts.reserve(bound.size());
    for (const ListenAddress& l : bound)
        parts.push_back(fmt::format("{} {}", scheme_of(l.transport), l.endpoint.to_string()));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string networks(const std::vector<IpPrefix>& nets) {
    std::vector<std::string> texts;
    texts.reserve(nets.size());
    for (const IpPrefix& net : nets) texts.push_back(net.to_string());
    return fmt::format("{}", fmt::join(texts, ", "));
}

// As accounts::Access; for `local` the networks are told apart.
constexpr std::string_view whom[] = {"anybody from anywhere", "users with credentials and trunks",
                                     "trunks alone",
                                     "anybody from auth.local_net, else users with credentials and trunks"};

bool needs_no_account(const Config& config) {
    return config.auth.policy == accounts::Access::anyone ||
           (config.auth.policy == accounts::Access::local && !config.auth.local_net.empty());
}

std::string who_may_come_in(const Config& config) {
    std::string text(whom[static_cast<std::size_t>(config.auth.policy)]);
    if (config.auth.policy == accounts::Access::local)
        text = config.auth.local_net.empty()
                   ? std::string(whom[static_cast<std::size_t>(accounts::Access::authenticated)])
                   : fmt::format("anybody from {}; from elsewhere users with credentials and trunks",
                                 networks(config.auth.local_net));
    for (const ConfiguredListener& each : config.auth.listeners) {
        const std::string where = listeners({each.listen});
        if (each.access)
            text += fmt::format("; on {} to {}", where, whom[static_cast<std::size_t>(*each.access)]);
        if (!each.allow.empty()) text += fmt::format("; on {} only from {}", where, networks(each.allow));
        if (!each.deny.empty()) text += fmt::format("; on {} never from {}", where, networks(each.deny));
    }
    for (const ConfiguredRoom& room : config.rooms.list)
        if (room.access == accounts::Access::anyone) text += fmt::format("; room {} to everybody", room.name);
    return text;
}

std::string greeting(const Config& config, const std::vector<ListenAddress>& bound,
                     const std::vector<IpAddress>& host) {
    std::string out = fmt::format("Rotunda {} serves SIP on {}.\n\n", ROTUNDA_VERSION, listeners(bound));
    const std::string room = sample_room(config.rooms);
    if (room.empty()) return out + no_sample(config.rooms) + "Ctrl-C ends the server.\n\n";
    const std::vector<std::string> found = uris(room, config, bound, host);
    out += room == "1000" ? "Any such number is a room; dial it from any SIP phone"
                          : "Dial a room from any SIP phone";
    out += needs_no_account(config) ? ", no account is needed:\n" : ":\n";
    for (const std::string& each : found) out += "    " + each + "\n";
    out += fmt::format("\nOpen to {}.\n", who_may_come_in(config));
    if (!found.empty())
        out += fmt::format(
            "\nFor example with a phone from Debian (apt-get install baresip-core linphone-cli):\n"
            "    baresip -f ~/.baresip -e '/uanew <sip:me@localhost>;regint=0' -e '/dial {0}'\n"
            "    linphonec     then type   {1}call {0}\n",
            found.front(), linphone_port(bound));
    out += "\nWho comes second hears who came first. Ctrl-C ";
    if (config.drain_deadline == Duration(0)) return out + "ends the server and hangs up every call.\n\n";
    return out + fmt::format("lets calls end, for {} at most; a second one ends the server at once.\n\n",
                             config_values::Time::print(config.drain_deadline));
}

}  // namespace rotunda::server
