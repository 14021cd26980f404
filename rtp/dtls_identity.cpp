#include "rtp/dtls_identity.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "rtp/dtls_hooks.hpp"

namespace rotunda::rtp {
namespace {

template <auto Function>
struct Releases {
    template <typename T>
    void operator()(T* object) const {
        Function(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Releases<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Releases<&X509_free>>;
using Memory = std::unique_ptr<BIO, Releases<&BIO_free>>;

// Forward secrecy and authenticated encryption only; DTLS 1.2 is what DTLS-SRTP endpoints must have (RFC 8827
// §6.5) and the newest OpenSSL 3 has.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA";
constexpr const char* srtp_profiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32";
constexpr long lifetime_s = 10L * 365 * 24 * 3600;

Certificate self_signed(EVP_PKEY* key, RandomSource& random) {
    Certificate out(X509_new());
    if (!out) return nullptr;
    X509_set_version(out.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), random.next() >> 1);
    // Nobody looks at the dates (RFC 8827 §6.5): the fingerprint is what counts.
    X509_gmtime_adj(X509_getm_notBefore(out.get()), -24L * 3600);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), lifetime_s);
    X509_set_pubkey(out.get(), key);
    X509_NAME* name = X509_get_subject_name(out.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("media"), -1,
                               -1, 0);
    X509_set_issuer_name(out.get(), name);
    return X509_sign(out.get(), key, EVP_sha256()) > 0 ? std::move(out) : nullptr;
}

}  // namespace

std::unique_ptr<DtlsIdentity> DtlsIdentity::make(RandomSource& random) {
    std::unique_ptr<DtlsIdentity> out(new DtlsIdentity);
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = key ? self_signed(key.get(), random) : nullptr;
    return out->set_up(key.get(), certificate.get(), random) ? std::move(out) : nullptr;
}

std::unique_ptr<DtlsIdentity> DtlsIdentity::from_pem(std::string_view certificate, std::string_view key,
                                                     RandomSource& random) {
    const Memory certificate_text(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
    const Memory key_text(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
    if (!certificate_text || !key_text) return nullptr;
    const Certificate read(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
    // A key behind a passphrase has nobody to ask for it.
    const auto refuse = [](char*, int, int, void*) { return -1; };
    const Key private_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, refuse, nullptr));
    ERR_clear_error();
    std::unique_ptr<DtlsIdentity> out(new DtlsIdentity);
    return out->set_up(private_key.get(), read.get(), random) ? std::move(out) : nullptr;
}

bool DtlsIdentity::set_up(EVP_PKEY* key, X509* certificate, RandomSource& random) {
    for (auto& octet : cookie_secret_) octet = static_cast<std::uint8_t>(random.next());
    context_.reset(SSL_CTX_new(DTLS_method()));
    SSL_CTX* context = context_.get();
    unsigned size = 0;
    if (!key || !certificate || !context ||
        X509_digest(certificate, EVP_sha256(), fingerprint_.sha256.data(), &size) != 1 ||
        SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1 ||
        SSL_CTX_check_private_key(context) != 1 || SSL_CTX_set_cipher_list(context, ciphers) != 1 ||
        SSL_CTX_set_tlsext_use_srtp(context, srtp_profiles) != 0)
        return false;
    // Any certificate: the one that counts is told by its fingerprint, once the handshake is done.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
    SSL_CTX_set_verify_depth(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_max_cert_list(context, 16 * 1024);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    install_dtls_cookies(context);
    return true;
}

}  // namespace rotunda::rtp
