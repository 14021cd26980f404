// The kinds of setting that say who is who.
#include <fstream>

#include "server/config_reading.hpp"

namespace rotunda::server::config_values {
namespace {

constexpr std::string_view access_names[] = {"anyone", "authenticated", "trunk", "local"};
constexpr std::string_view algorithm_names[] = {"MD5", "SHA-256", "SHA-512-256"};

Complaint read_name(const ConfigNode& value, std::string& out) {
    if (auto complaint = Text::read(value, out)) return complaint;
    // A colon ends the name in what is hashed (RFC 7616 §3.4.2).
    if (out.empty() || out.find(':') != out.npos) return want(value, "a name without colons");
    return std::nullopt;
}

Complaint read_password_file(const ConfigNode& value, std::string& out) {
    std::ifstream file(value.text);
    if (!is_scalar(value) || !file)
        return complain(value, fmt::format("{} cannot be read", shown(value.text)));
    std::getline(file, out);
    return std::nullopt;
}

Complaint read_user(const ConfigNode& item, ConfiguredUser& out) {
    constexpr std::string_view names[] = {"name", "password", "password_file"};
    if (item.kind != ConfigNode::Kind::map) return want(item, Users::type);
    for (const ConfigNode& member : item.children) {
        Complaint complaint;
        if (member.name == "name")
            complaint = read_name(member, out.name);
        else if (member.name == "password")
            complaint = Text::read(member, out.password);
        else if (member.name == "password_file")
            complaint = read_password_file(member, out.password);
        else
            complaint = not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
        if (complaint) return complaint;
    }
    if (out.name.empty()) return complain(item, "a user needs a name");
    if (out.password.empty()) return complain(item, fmt::format("user {} needs a password", shown(out.name)));
    return std::nullopt;
}

Complaint read_trusted(const ConfigNode& item, accounts::TrustedPeer& out) {
    constexpr std::string_view names[] = {"name", "address", "certificate"};
    if (item.kind != ConfigNode::Kind::map) return want(item, TrustedPeers::type);
    for (const ConfigNode& member : item.children) {
        if (member.name == "name") {
            if (auto complaint = read_name(member, out.name)) return complaint;
        } else if (member.name == "address") {
            const auto prefix = is_scalar(member) ? IpPrefix::parse(member.text) : std::nullopt;
            if (!prefix) return want(member, "an address or prefix such as 203.0.113.0/24");
            out.address = *prefix;
        } else if (member.name == "certificate") {
            if (auto complaint = Text::read(member, out.certificate)) return complaint;
        } else {
            return not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
        }
    }
    if (out.name.empty() || (!out.address && out.certificate.empty()))
        return complain(item, "a trusted peer needs a name, and an address or certificate");
    return std::nullopt;
}

Complaint read_listener(const ConfigNode& item, ConfiguredListener& out) {
    constexpr std::string_view names[] = {"listen", "policy", "allow", "deny", "encryption"};
    if (item.kind != ConfigNode::Kind::map) return want(item, ListenerPolicies::type);
    std::vector<ListenAddress> listener;
    for (const ConfigNode& member : item.children) {
        Complaint complaint;
        if (member.name == "listen")
            complaint = Listeners::read(member, listener);
        else if (member.name == "policy")
            complaint = AccessName::read(member, out.access.emplace());
        else if (member.name == "allow")
            complaint = Networks::read(member, out.allow);
        else if (member.name == "deny")
            complaint = Networks::read(member, out.deny);
        else if (member.name == "encryption")
            complaint = EncryptionName::read(member, out.encryption.emplace());
        else
            complaint = not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
        if (complaint) return complaint;
    }
    if (listener.size() != 1) return complain(item, "it needs one listener, as in sip.listen");
    out.listen = listener.front();
    return std::nullopt;
}

std::string print_listener(const ConfiguredListener& each) {
    std::string text = "{listen: " + Listeners::print({each.listen});
    if (each.access) text += ", policy: " + AccessName::print(*each.access);
    if (!each.allow.empty()) text += ", allow: " + Networks::print(each.allow);
    if (!each.deny.empty()) text += ", deny: " + Networks::print(each.deny);
    if (each.encryption) text += ", encryption: " + EncryptionName::print(*each.encryption);
    return text + "}";
}

}  // namespace

Complaint AccessName::read(const ConfigNode& value, accounts::Access& out) {
    for (std::size_t i = 0; i < std::size(access_names); ++i)
        if (is_scalar(value) && value.text == access_names[i]) {
            out = static_cast<accounts::Access>(i);
            return std::nullopt;
        }
    return is_scalar(value) ? not_one_of(value, access_names) : want(value, type);
}
std::string AccessName::print(accounts::Access value) {
    return std::string(access_names[static_cast<std::size_t>(value)]);
}

Complaint ListenerPolicies::read(const ConfigNode& value, std::vector<ConfiguredListener>& out) {
    return read_list(value, type, out, read_listener);
}
std::string ListenerPolicies::print(const std::vector<ConfiguredListener>& value) {
    return print_list(value, print_listener);
}

Complaint TrustedPeers::read(const ConfigNode& value, std::vector<accounts::TrustedPeer>& out) {
    return read_list(value, type, out, read_trusted);
}
std::string TrustedPeers::print(const std::vector<accounts::TrustedPeer>& value) {
    return print_list(value, [](const accounts::TrustedPeer& peer) {
        std::string text = "{name: " + quoted(peer.name);
        if (peer.address) text += ", address: " + quoted(peer.address->to_string());
        if (!peer.certificate.empty()) text += ", certificate: " + quoted(peer.certificate);
        return text + "}";
    });
}

Complaint Algorithms::read(const ConfigNode& value, std::vector<sip::DigestAlgorithm>& out) {
    std::vector<sip::DigestAlgorithm> read;
    auto complaint =
        read_list(value, type, read, [](const ConfigNode& item, sip::DigestAlgorithm& one) -> Complaint {
            const auto known =
                is_scalar(item) && !item.text.empty() ? sip::digest_algorithm(item.text) : std::nullopt;
            if (!known) return not_one_of(item, algorithm_names);
            one = *known;
            return std::nullopt;
        });
    if (complaint) return complaint;
    if (read.empty()) return complain(value, "at least one algorithm is needed");
    out = std::move(read);
    return std::nullopt;
}
std::string Algorithms::print(const std::vector<sip::DigestAlgorithm>& value) {
    return print_list(value, [](sip::DigestAlgorithm one) { return std::string(to_string(one)); });
}

Complaint Texts::read(const ConfigNode& value, std::vector<std::string>& out) {
    return read_list(value, type, out, Text::read);
}
std::string Texts::print(const std::vector<std::string>& value) {
    return print_list(value, quoted);
}

Complaint Names::read(const ConfigNode& value, std::vector<std::string>& out) {
    return read_list(value, type, out, [](const ConfigNode& item, std::string& name) -> Complaint {
        if (!is_scalar(item) || !sip::is_host(item.text)) return want(item, "a host name or address");
        name = item.text;
        return std::nullopt;
    });
}
std::string Names::print(const std::vector<std::string>& value) {
    return print_list(value, [](const std::string& name) { return quoted(name); });
}

Complaint Users::read(const ConfigNode& value, std::vector<ConfiguredUser>& out) {
    return read_list(value, type, out, read_user);
}
// A password is shown to nobody, so that a printed configuration can be passed on.
std::string Users::print(const std::vector<ConfiguredUser>& value) {
    return print_list(value, [](const ConfiguredUser& user) {
        return fmt::format("{{name: {}, password: {}}}", quoted(user.name), quoted("hidden: set it anew"));
    });
}

}  // namespace rotunda::server::config_values
