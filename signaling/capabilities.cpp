#include "signaling/capabilities.hpp"

#include <algorithm>

namespace rotunda::sip {
namespace {

std::string_view transport_param(Transport transport) {
    switch (transport) {
        case Transport::udp:
            return {};
        case Transport::tcp:
            return "tcp";
        case Transport::tls:
            return "tls";
        case Transport::ws:
        case Transport::wss:
            return "ws";
    }
    return {};
}

}  // namespace

std::string allow_value(const UserAgentSettings& settings) {
    std::string names;
    const auto add = [&names](Method::Id id) {
        if (!names.empty()) names += ", ";
        names += Method(id).name();
    };
    for (const Method::Id id : handled_methods) add(id);
    for (const Method::Id id : settings.owner_methods) add(id);
    return names;
}

bool is_owners(const Method& method, const UserAgentSettings& settings) {
    const auto& owners = settings.owner_methods;
    return std::find(owners.begin(), owners.end(), method.id()) != owners.end();
}

bool is_handled(const Method& method, const UserAgentSettings& settings) {
    return std::find(handled_methods.begin(), handled_methods.end(), method.id()) != handled_methods.end() ||
           is_owners(method, settings);
}

std::string join(const std::vector<std::string>& items) {
    std::string list;
    for (const std::string& item : items) {
        if (!list.empty()) list += ", ";
        list += item;
    }
    return list;
}

CapabilityTexts capability_texts(const UserAgentSettings& settings) {
    return {allow_value(settings), join(settings.supported), join(settings.accept),
            join(settings.event_packages)};
}

void add_capabilities(SipMessage& message, const UserAgentSettings& settings) {
    const CapabilityTexts written = settings.texts ? CapabilityTexts{} : capability_texts(settings);
    const CapabilityTexts& texts = settings.texts ? *settings.texts : written;
    message.set(HeaderId::allow, texts.allow);
    // An empty Supported is legal and says that there are none (§20.37).
    message.set(HeaderId::supported, texts.supported);
    message.set(HeaderId::accept, texts.accept);
    if (!texts.allow_events.empty()) message.set(HeaderId::allow_events, texts.allow_events);
}

void add_product(SipMessage& message, const UserAgentSettings& settings) {
    if (settings.product.empty() || (!message.is_request() && !settings.product_in_responses)) return;
    message.set(message.is_request() ? HeaderId::user_agent : HeaderId::server, settings.product);
}

void set_transport_param(Uri& uri, Transport transport) {
    const auto name = transport_param(transport);
    // RFC 5630 §3.1.3: sips names the protection already, transport=tls is of the past.
    const bool secure = uri.scheme() == Uri::Scheme::sips;
    if (name.empty())
        uri.params().remove("transport");
    else
        uri.params().set("transport", secure && name == "tls" ? "tcp" : name);
}

NameAddr contact_of(const LocalContact& contact, const Flow& flow, bool secure,
                    const UserAgentSettings& settings) {
    NameAddr value;
    value.display_name = contact.display_name;
    const std::string host = contact.host.empty() ? flow.advertised.address.to_host() : contact.host;
    value.uri = Uri::sip(contact.user, host, flow.advertised.port);
    if (secure) value.uri.set_scheme(Uri::Scheme::sips);
    set_transport_param(value.uri, flow.transport);
    if (contact.isfocus.value_or(settings.isfocus)) value.params.set("isfocus");
    return value;
}

}  // namespace rotunda::sip
