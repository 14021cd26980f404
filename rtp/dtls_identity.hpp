// Who we are in every DTLS handshake: an ECDSA key and a self-signed certificate, made at start or given, and
// the settings all handshakes share (RFC 5763 §5, RFC 8827 §6.5).
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/dtls_fingerprint.hpp"
#include "base/random.hpp"

namespace rotunda::rtp {

// Made once, then only read: any thread may make sessions of it.
class DtlsIdentity {
  public:
    // Null if OpenSSL refuses. `random` numbers the certificate and makes the secret behind the cookies.
    static std::unique_ptr<DtlsIdentity> make(RandomSource& random);
    // With a certificate and its key as PEM. Null if they are none, or do not fit each other.
    static std::unique_ptr<DtlsIdentity> from_pem(std::string_view certificate, std::string_view key,
                                                  RandomSource& random);

    const DtlsFingerprint& fingerprint() const { return fingerprint_; }
    SSL_CTX* context() const { return context_.get(); }
    // Behind HelloVerifyRequest's cookies (RFC 6347 §4.2.1).
    const std::array<std::uint8_t, 32>& cookie_secret() const { return cookie_secret_; }

  private:
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    };
    DtlsIdentity() = default;
    bool set_up(EVP_PKEY* key, X509* certificate, RandomSource& random);

    std::unique_ptr<SSL_CTX, Free> context_;
    DtlsFingerprint fingerprint_;
    std::array<std::uint8_t, 32> cookie_secret_{};
};

}  // namespace rotunda::rtp
