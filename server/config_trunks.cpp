// How the list of trunks is read and printed.
#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <utility>

#include "server/config_reading.hpp"
#include "signaling/uri.hpp"

namespace rotunda::server::config_values {
namespace {

Complaint read_uri(const ConfigNode& value, std::string& out) {
    if (auto complaint = Text::read(value, out)) return complaint;
    const auto uri = sip::Uri::parse(out);
    if (!uri || !uri->is_sip()) return want(value, "a SIP URI such as sip:proxy.example.net;transport=tcp");
    return std::nullopt;
}

// The first line, so that an editor's line feed at the end does no harm.
Complaint read_secret(const ConfigNode& value, std::string& out) {
    std::string path;
    if (auto complaint = Text::read(value, path)) return complaint;
    std::ifstream file(path);
    if (!std::getline(file, out) || out.empty())
        return complain(value, fmt::format("{} cannot be read or is empty", shown(path)));
    return std::nullopt;
}

Complaint read_dids(const ConfigNode& value, std::vector<std::pair<std::string, std::string>>& out) {
    if (value.kind != ConfigNode::Kind::map) return want(value, "a map from number to room");
    for (const ConfigNode& number : value.children) {
        std::string room;
        if (auto complaint = Text::read(number, room)) return complaint;
        if (room.empty()) return complain(number, "a number needs a room");
        out.emplace_back(number.name, std::move(room));
    }
    return std::nullopt;
}

using Trunk = ConfiguredTrunk;
struct Member {
    std::string_view name;
    Complaint (*read)(const ConfigNode&, Trunk&);
};

constexpr std::array members = {
    Member{"name", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.name); }},
    Member{"proxy", [](const ConfigNode& v, Trunk& t) { return read_uri(v, t.proxy); }},
    Member{"domain", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.domain); }},
    Member{"user", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.user); }},
    Member{"auth_user", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.auth_user); }},
    Member{"password", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.password); }},
    Member{"password_file", [](const ConfigNode& v, Trunk& t) { return read_secret(v, t.password); }},
    Member{"realm", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.realm); }},
    Member{"register", [](const ConfigNode& v, Trunk& t) { return Switch::read(v, t.registers); }},
    Member{"expires", [](const ConfigNode& v, Trunk& t) { return Time::read(v, t.expires); }},
    Member{"options_first", [](const ConfigNode& v, Trunk& t) { return Switch::read(v, t.options_first); }},
    Member{"outbound", [](const ConfigNode& v, Trunk& t) { return Switch::read(v, t.outbound); }},
    Member{"addresses", [](const ConfigNode& v, Trunk& t) { return Networks::read(v, t.addresses); }},
    Member{"certificate", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.certificate); }},
    Member{"numbers", [](const ConfigNode& v, Trunk& t) { return RoomPattern::read(v, t.numbers); }},
    Member{"dids", [](const ConfigNode& v, Trunk& t) { return read_dids(v, t.dids); }},
    Member{"dids_in_to", [](const ConfigNode& v, Trunk& t) { return Switch::read(v, t.dids_in_to); }},
    Member{"codecs", [](const ConfigNode& v, Trunk& t) { return Codecs::read(v, t.codecs); }},
    Member{"caller_id", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.caller_id); }},
    Member{"isfocus", [](const ConfigNode& v, Trunk& t) { return Switch::read(v, t.isfocus); }},
    Member{"replaces", [](const ConfigNode& v, Trunk& t) { return Switch::read(v, t.replaces); }},
    Member{"max_calls", [](const ConfigNode& v, Trunk& t) { return read_calls(v, t.tolls); }},
    Member{"calls_per_day", [](const ConfigNode& v, Trunk& t) { return read_calls_per_day(v, t.tolls); }},
    Member{"hours", [](const ConfigNode& v, Trunk& t) { return read_hours(v, t.tolls); }},
    Member{"encryption",
           [](const ConfigNode& v, Trunk& t) { return EncryptionName::read(v, t.encryption.emplace()); }},
    Member{"ring", [](const ConfigNode& v, Trunk& t) { return Time::read(v, t.ring); }},
    Member{"contact_host", [](const ConfigNode& v, Trunk& t) { return Text::read(v, t.contact_host); }},
};

Complaint read_member(const ConfigNode& member, Trunk& out) {
    const auto known = std::find_if(members.begin(), members.end(),
                                    [&](const Member& each) { return each.name == member.name; });
    if (known != members.end()) return known->read(member, out);
    std::array<std::string_view, members.size()> names;
    std::transform(members.begin(), members.end(), names.begin(),
                   [](const Member& each) { return each.name; });
    return not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
}

Complaint read_trunk(const ConfigNode& item, Trunk& out) {
    if (item.kind != ConfigNode::Kind::map) return want(item, TrunkList::type);
    for (const ConfigNode& member : item.children)
        if (auto complaint = read_member(member, out)) return complaint;
    if (out.name.empty()) return complain(item, "a trunk needs a name");
    if (out.proxy.empty()) return complain(item, "a trunk needs a proxy");
    if (out.registers && out.user.empty()) return complain(item, "a trunk that registers needs a user");
    if (out.registers && out.expires < std::chrono::seconds(10))
        return complain(item, "expires is below 10s");
    if (out.ring > std::chrono::minutes(1)) return complain(item, "ring is above 1m");
    return std::nullopt;
}

// Secrets are not shown; what stands at its default is left out.
std::string print_trunk(const Trunk& trunk) {
    const Trunk plain;
    std::vector<std::string> parts;
    const auto text = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) parts.push_back(fmt::format("{}: {}", name, quoted(value)));
    };
    const auto toggle = [&](std::string_view name, bool value, bool usual) {
        if (value != usual) parts.push_back(fmt::format("{}: {}", name, value));
    };
    text("name", trunk.name);
    text("proxy", trunk.proxy);
    text("domain", trunk.domain);
    text("user", trunk.user);
    text("auth_user", trunk.auth_user);
    text("realm", trunk.realm);
    toggle("register", trunk.registers, plain.registers);
    if (trunk.expires != plain.expires) parts.push_back("expires: " + Time::print(trunk.expires));
    toggle("options_first", trunk.options_first, plain.options_first);
    toggle("outbound", trunk.outbound, plain.outbound);
    if (!trunk.addresses.empty()) parts.push_back("addresses: " + Networks::print(trunk.addresses));
    text("certificate", trunk.certificate);
    if (trunk.numbers) text("numbers", trunk.numbers->text());
    std::vector<std::string> dids;
    for (const auto& [number, room] : trunk.dids)
        dids.push_back(fmt::format("{}: {}", quoted(number), quoted(room)));
    if (!dids.empty()) parts.push_back(fmt::format("dids: {{{}}}", fmt::join(dids, ", ")));
    toggle("dids_in_to", trunk.dids_in_to, plain.dids_in_to);
    if (!trunk.codecs.empty()) parts.push_back("codecs: " + Codecs::print(trunk.codecs));
    text("caller_id", trunk.caller_id);
    toggle("isfocus", trunk.isfocus, plain.isfocus);
    toggle("replaces", trunk.replaces, plain.replaces);
    text("contact_host", trunk.contact_host);
    if (trunk.ring != plain.ring) parts.push_back("ring: " + Time::print(trunk.ring));
    print_tolls(trunk.tolls, parts);
    if (trunk.encryption) parts.push_back("encryption: " + EncryptionName::print(*trunk.encryption));
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

}  // namespace

Complaint SipAddress::read(const ConfigNode& value, std::string& out) {
    if (is_scalar(value) && value.text.empty()) return Text::read(value, out);
    std::string read;
    if (auto complaint = read_uri(value, read)) return complaint;
    out = std::move(read);
    return std::nullopt;
}

Complaint TrunkList::read(const ConfigNode& value, std::vector<ConfiguredTrunk>& out) {
    std::vector<ConfiguredTrunk> trunks;
    if (auto complaint = read_list(value, type, trunks, read_trunk)) return complaint;
    for (std::size_t i = 0; i < trunks.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (trunks[i].name == trunks[j].name)
                return complain(value, fmt::format("trunk {} is listed twice", shown(trunks[i].name)));
    out = std::move(trunks);
    return std::nullopt;
}

std::string TrunkList::print(const std::vector<ConfiguredTrunk>& value) {
    return print_list(value, print_trunk);
}

}  // namespace rotunda::server::config_values
