// The kinds of setting that say who may use the HTTP API.
#include <fstream>

#include "server/config_reading.hpp"
#include "server/webhook_request.hpp"

namespace rotunda::server::config_values {
namespace {

constexpr std::size_t shortest_secret = 16;
constexpr std::size_t longest_secret = 256;

Complaint read_secret_file(const ConfigNode& value, std::string& out) {
    std::ifstream file(value.text);
    if (!is_scalar(value) || !file)
        return complain(value, fmt::format("{} cannot be read", shown(value.text)));
    std::getline(file, out);
    return std::nullopt;
}

Complaint read_scope(const ConfigNode& value, bool& may_control) {
    constexpr std::string_view scopes[] = {"read", "control"};
    if (!is_scalar(value) || (value.text != "read" && value.text != "control"))
        return not_one_of(value, scopes);
    may_control = value.text == "control";
    return std::nullopt;
}

Complaint read_member(const ConfigNode& member, HttpToken& out) {
    constexpr std::string_view names[] = {"name", "scope", "secret", "secret_file"};
    if (member.name == "name") return Text::read(member, out.name);
    if (member.name == "scope") return read_scope(member, out.may_control);
    if (member.name == "secret") return Text::read(member, out.secret);
    if (member.name == "secret_file") return read_secret_file(member, out.secret);
    return not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
}

Complaint read_token(const ConfigNode& item, HttpToken& out) {
    if (item.kind != ConfigNode::Kind::map) return want(item, HttpTokens::type);
    for (const ConfigNode& member : item.children)
        if (auto complaint = read_member(member, out)) return complaint;
    if (out.name.empty()) return complain(item, "a token needs a name");
    if (out.secret.size() < shortest_secret || out.secret.size() > longest_secret)
        return complain(item, fmt::format("the secret of token {} needs {} to {} characters", shown(out.name),
                                          shortest_secret, longest_secret));
    return std::nullopt;
}

Complaint read_event_names(const ConfigNode& value, std::vector<std::string>& out) {
    return read_list(value, "list of beginnings of events' names", out, Text::read);
}

Complaint read_webhook_member(const ConfigNode& member, ConfiguredWebhook& out) {
    constexpr std::string_view names[] = {"url", "secret", "secret_file", "events"};
    if (member.name == "url") return Text::read(member, out.url);
    if (member.name == "secret") return Text::read(member, out.secret);
    if (member.name == "secret_file") return read_secret_file(member, out.secret);
    if (member.name == "events") return read_event_names(member, out.events);
    return not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
}

Complaint read_webhook(const ConfigNode& item, ConfiguredWebhook& out) {
    if (item.kind != ConfigNode::Kind::map) return want(item, Webhooks::type);
    for (const ConfigNode& member : item.children)
        if (auto complaint = read_webhook_member(member, out)) return complaint;
    if (!WebhookUrl::parse(out.url))
        return complain(item,
                        fmt::format("{} is no address such as https://example.com/hook", shown(out.url)));
    return std::nullopt;
}

}  // namespace

Complaint Webhooks::read(const ConfigNode& value, std::vector<ConfiguredWebhook>& out) {
    return read_list(value, type, out, read_webhook);
}
std::string Webhooks::print(const std::vector<ConfiguredWebhook>& value) {
    return print_list(value, [](const ConfiguredWebhook& hook) {
        return fmt::format("{{url: {}, secret: {}, events: {}}}", quoted(hook.url),
                           quoted(hook.secret.empty() ? "" : "hidden: set it anew"),
                           print_list(hook.events, quoted));
    });
}

Complaint Collector::read(const ConfigNode& value, std::optional<Endpoint>& out) {
    std::optional<Endpoint> read;
    if (auto complaint = ExternalEndpoint::read(value, read)) return complaint;
    if (read && read->port == 0) return want(value, type);
    out = read;
    return std::nullopt;
}

Complaint HttpListen::read(const ConfigNode& value, Config::Http& out) {
    if (!is_scalar(value)) return want(value, type);
    const auto endpoint = Endpoint::parse(value.text);
    if (!endpoint && !value.text.empty()) return want(value, type);
    out.listen = endpoint;
    out.chosen = true;
    return std::nullopt;
}
std::string HttpListen::print(const Config::Http& value) {
    return quoted(value.listen ? value.listen->to_string() : std::string());
}

Complaint HttpTokens::read(const ConfigNode& value, std::vector<HttpToken>& out) {
    return read_list(value, type, out, read_token);
}
// A secret is shown to nobody, so that a printed configuration can be passed on.
std::string HttpTokens::print(const std::vector<HttpToken>& value) {
    return print_list(value, [](const HttpToken& token) {
        return fmt::format("{{name: {}, scope: {}, secret: {}}}", quoted(token.name),
                           token.may_control ? "control" : "read", quoted("hidden: set it anew"));
    });
}

}  // namespace rotunda::server::config_values
