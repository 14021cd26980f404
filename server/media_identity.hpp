// Our certificate for DTLS-SRTP: the one of media.dtls, or one made at start.
#pragma once

#include <memory>

#include "base/random.hpp"
#include "base/result.hpp"
#include "rtp/dtls_identity.hpp"
#include "server/config.hpp"

namespace rotunda::server {

// Also where media is not encrypted now: a reload may change that.
Result<std::unique_ptr<rtp::DtlsIdentity>> media_identity(const Config::Media& settings,
                                                          RandomSource& random);

}  // namespace rotunda::server
