// What we say of ourselves in requests and responses (RFC 3261 §20.1, §20.5, §20.35, §20.37, §20.41).
#pragma once

#include <string>
#include <string_view>

#include "signaling/flow.hpp"
#include "signaling/message.hpp"
#include "signaling/user_agent_command.hpp"
#include "signaling/user_agent_settings.hpp"

namespace rotunda::sip {

// "INVITE, ACK, ...": handled_methods, then those of the owner.
std::string allow_value(const UserAgentSettings& settings);
bool is_handled(const Method& method, const UserAgentSettings& settings);
// One the owner has announced and answers himself.
bool is_owners(const Method& method, const UserAgentSettings& settings);

// A comma list of the items.
std::string join(const std::vector<std::string>& items);

CapabilityTexts capability_texts(const UserAgentSettings& settings);
// Allow, Supported, Accept, and Allow-Events.
void add_capabilities(SipMessage& message, const UserAgentSettings& settings);
// Server in a response, User-Agent in a request; nothing when we keep it to ourselves.
void add_product(SipMessage& message, const UserAgentSettings& settings);

// What a URI of ours says of the transport it is reached by; nothing for UDP.
void set_transport_param(Uri& uri, Transport transport);

// Our Contact towards the peer at the other end of `flow`.
NameAddr contact_of(const LocalContact& contact, const Flow& flow, bool secure,
                    const UserAgentSettings& settings);

}  // namespace rotunda::sip
