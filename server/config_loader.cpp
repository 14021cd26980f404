#include "server/config_loader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "base/text.hpp"
#include "server/config_table.hpp"
#include "server/nearest_name.hpp"
#include "server/pattern.hpp"
#include "server/settings.hpp"

namespace rotunda::server {
namespace {

using Problem = std::optional<std::string>;

std::string clean(std::string_view text) {
    std::string out(text.substr(0, 80));
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return out;
}

std::string unknown_key(std::string_view name) {
    std::vector<std::string_view> names;
    for (const ConfigKey& key : config_keys()) names.push_back(key.name);
    return fmt::format("{}: unknown key; did you mean {}?", clean(name), nearest_name(name, names));
}

std::string at_line(std::string_view source, const ConfigComplaint& complaint, std::string_view what) {
    if (complaint.line == 0) return fmt::format("{}: {}", source, what);
    return fmt::format("{}:{}: {}", source, complaint.line, what);
}

// "sip" and "sip.tcp" are sections, not keys.
bool is_section(std::string_view path) {
    for (const ConfigKey& key : config_keys())
        if (key.name.size() > path.size() && key.name.starts_with(path) && key.name[path.size()] == '.')
            return true;
    return false;
}

Problem apply(const ConfigNode& node, const std::string& path, std::string_view source, Config& config) {
    const auto problem = [&](std::string_view what) { return at_line(source, {node.line, {}}, what); };
    if (const ConfigKey* key = find_config_key(path)) {
        if (auto complaint = key->read(node, config))
            return at_line(source, *complaint, fmt::format("{}: {}", key->name, complaint->message));
        return std::nullopt;
    }
    if (!path.empty() && !is_section(path)) return problem(unknown_key(path));
    const bool left_empty = node.kind == ConfigNode::Kind::scalar && node.text.empty();
    if (left_empty) return std::nullopt;
    if (node.kind != ConfigNode::Kind::map)
        return problem(path.empty() ? "expected keys and values"
                                    : path + ": expected a section with keys below it");
    for (const ConfigNode& child : node.children) {
        const std::string name = path.empty() ? child.name : path + "." + child.name;
        if (auto found = apply(child, name, source, config))
            return found;  // as deep as parse_yaml lets a document be
    }
    return std::nullopt;
}

// From --set or the environment: plain text, or a YAML list in brackets where the key takes a list.
Problem apply_text(const ConfigKey& key, const std::string& text, std::string_view source, Config& config) {
    ConfigNode node;
    node.text = text;
    if (key.is_list && trim(text).starts_with('[')) {
        auto parsed = parse_yaml(text);
        if (!parsed) return fmt::format("{}: {}: {}", source, key.name, parsed.error().message);
        node = std::move(*parsed);
    }
    if (auto complaint = key.read(node, config))
        return fmt::format("{}: {}: {}", source, key.name, complaint->message);
    return std::nullopt;
}

// Kubernetes gives every container such variables for each service of its namespace; those of "rotunda" and
// "rotunda-metrics" begin like ours and are not meant for us. A port of ours that does not exist is a
// mistake, and told: theirs with such short names are addresses, tcp://10.0.0.1:8080.
bool is_foreign_variable(const std::string& name, std::string_view value) {
    static const Pattern of_service =
        *Pattern::compile("ROTUNDA(_.+)?_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_.+)?)");
    return of_service.matches(name) ||
           (name.ends_with("_PORT") && value.find("://") != std::string_view::npos);
}

Problem apply_variable(const std::string& name, const std::string& value, Config& config) {
    std::vector<std::string> names;
    for (const ConfigKey& key : config_keys()) {
        names.push_back(environment_name(key.name));
        if (names.back() == name) return apply_text(key, value, "environment variable " + name, config);
    }
    if (is_foreign_variable(name, value)) return std::nullopt;
    const std::vector<std::string_view> views(names.begin(), names.end());
    return fmt::format("environment variable {}: unknown; did you mean {}?", clean(name),
                       nearest_name(name, views));
}

Problem apply_setting(std::string_view setting, Config& config) {
    const Split parts = split_once(setting, '=');
    if (!parts.tail) return fmt::format("--set {}: expected key=value", clean(setting));
    const std::string_view name = trim(parts.head);
    const ConfigKey* key = find_config_key(name);
    if (!key) return fmt::format("--set: {}", unknown_key(name));
    return apply_text(*key, std::string(*parts.tail), "--set", config);
}

// Reads one byte more than parse_yaml accepts, so that an endless file ends there and is refused.
Result<std::string> read_file(const std::string& path) {
    const auto why_not = [&] {
        return fail_with(fmt::format("{}: cannot read: {}", path, std::strerror(errno)));
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) return why_not();
    std::string text((1 << 20) + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get())) return why_not();
    return text;
}

Problem apply_yaml(const std::string& yaml, std::string_view name, Config& config) {
    auto document = parse_yaml(yaml);
    if (!document) return at_line(name, document.error(), document.error().message);
    return apply(*document, "", name, config);
}

// Checks across keys: two values may each be good and not go together.
Problem disagreement(const Config& config) {
    const PortRange& media = config.media.ports;
    for (const ListenAddress& listener : config.sip.listen) {
        const std::uint16_t port = listener.endpoint.port;
        if (listener.transport == sip::Transport::udp && port >= media.first && port <= media.last)
            return fmt::format("media.ports: {}-{} holds the SIP port {} of sip.listen", media.first,
                               media.last, port);
    }
    if (config.sip.tls.verify_client == TlsClientCheck::none && !certificate_domains(config).empty())
        return "sip.tls.verify_client: none leaves no certificate to know a trunk or trusted peer by";
    return std::nullopt;
}

}  // namespace

Result<Config> load_config_text(const std::string& yaml, std::string_view name) {
    Config config;
    if (auto problem = apply_yaml(yaml, name, config)) return fail_with(std::move(*problem));
    return config;
}

Result<Config> load_config(const ConfigSources& sources) {
    Config config;
    if (!sources.file.empty()) {
        auto text = read_file(sources.file);
        if (!text) return fail_with(text.error().message);
        if (auto problem = apply_yaml(*text, sources.file, config)) return fail_with(std::move(*problem));
    }
    for (const auto& [name, value] : sources.environment)
        if (auto problem = apply_variable(name, value, config)) return fail_with(std::move(*problem));
    for (const std::string& setting : sources.settings)
        if (auto problem = apply_setting(setting, config)) return fail_with(std::move(*problem));
    if (auto problem = disagreement(config)) return fail_with(std::move(*problem));
    return config;
}

}  // namespace rotunda::server
