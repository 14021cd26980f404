// Debian's libsrtp2 behind the interface of SrtpSession: the reference that differential tests and the
// benchmark hold ours against. Not in the server: its cost on NSS grows with the number of sessions
// (docs/performance.md).
#pragma once

#include <memory>

#include "rtp/srtp_session.hpp"

struct srtp_ctx_t_;

namespace rotunda::rtp::test {

class SrtpReference {
  public:
    explicit SrtpReference(const SrtpKeys& keys);

    std::size_t protect_rtp(MutableBytes buffer, std::size_t size);
    std::size_t protect_rtcp(MutableBytes buffer, std::size_t size);
    SrtpSession::Opened unprotect_rtp(MutableBytes datagram);
    SrtpSession::Opened unprotect_rtcp(MutableBytes datagram);

  private:
    struct Free {
        void operator()(srtp_ctx_t_* session) const;
    };
    std::unique_ptr<srtp_ctx_t_, Free> send_;
    std::unique_ptr<srtp_ctx_t_, Free> receive_;
};

}  // namespace rotunda::rtp::test
