// From the operator's words to what the cores are told.
#pragma once

#include <vector>

#include "api/tokens.hpp"
#include "rooms/focus.hpp"
#include "rtp/dtls_identity.hpp"
#include "server/config.hpp"
#include "signaling/user_agent_settings.hpp"

namespace rotunda::server {

// media.workers, or one for each core this process may use.
std::size_t worker_count(const Config& config);

sip::UserAgentSettings user_agent_settings(const Config& config);
std::vector<rooms::Trunk> trunks(const Config& config);
// The domains by whose certificates trunks and trusted peers are known.
std::vector<std::string> certificate_domains(const Config& config);
// `dtls`: our certificate for DTLS-SRTP, if it is served.
rooms::FocusSettings focus_settings(const Config& config, const rtp::DtlsIdentity* dtls);
api::Tokens http_tokens(const Config& config);

}  // namespace rotunda::server
