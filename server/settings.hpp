// From the operator's words to what the cores are told.
#pragma once

#include <vector>

#include "api/tokens.hpp"
#include "codecs/video_encoder.hpp"
#include "rooms/focus.hpp"
#include "rtp/dtls_identity.hpp"
#include "server/config.hpp"
#include "signaling/user_agent_settings.hpp"

namespace rotunda::server {

// media.workers, or one for each core this process may use.
std::size_t worker_count(const Config& config);

// How video.threads are shared out: rooms are spread over the workers, helpers serve one worker each.
struct VideoThreads {
    std::size_t workers = 0;  // 0: no video
    std::size_t helpers = 0;  // of each worker
};
VideoThreads video_threads(const Config& config);
codecs::VideoTuning video_tuning(const Config& config);

sip::UserAgentSettings user_agent_settings(const Config& config);
std::vector<rooms::Trunk> trunks(const Config& config);
// The domains by whose certificates trunks and trusted peers are known.
std::vector<std::string> certificate_domains(const Config& config);
// `dtls`: our certificate for DTLS-SRTP, if it is served.
rooms::FocusSettings focus_settings(const Config& config, const rtp::DtlsIdentity* dtls);
api::Tokens http_tokens(const Config& config);

}  // namespace rotunda::server
