#include "server/media_identity.hpp"

#include <fstream>
#include <iterator>

namespace rotunda::server {
namespace {

Result<std::string> contents(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail_with("media.dtls: cannot read " + path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Result<std::unique_ptr<rtp::DtlsIdentity>> media_identity(const Config::Media& settings,
                                                          RandomSource& random) {
    using Made = Result<std::unique_ptr<rtp::DtlsIdentity>>;
    if (settings.dtls_certificate.empty() && settings.dtls_private_key.empty()) {
        auto made = rtp::DtlsIdentity::make(random);
        if (!made) return fail_with("media: OpenSSL makes no certificate for DTLS-SRTP");
        return Made(std::move(made));
    }
    const auto certificate = contents(settings.dtls_certificate), key = contents(settings.dtls_private_key);
    if (!certificate) return fail(certificate.error());
    if (!key) return fail(key.error());
    auto read = rtp::DtlsIdentity::from_pem(*certificate, *key, random);
    if (!read)
        return fail_with("media.dtls: certificate and private_key are no PEM, or do not fit each other");
    return Made(std::move(read));
}

}  // namespace rotunda::server
