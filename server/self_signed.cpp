#include "server/self_signed.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <memory>
#include <string>

namespace rotunda::server {
namespace {

constexpr long a_day = 24 * 60 * 60;

std::string host_name() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 && name[0] ? name : "localhost";
}

bool set_names(X509* certificate, const std::string& host) {
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>(host.c_str());
    if (X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, -1, -1, 0) != 1) return false;
    if (X509_set_issuer_name(certificate, name) != 1) return false;
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const std::string value = "DNS:" + host;
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> names(
        X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, value.c_str()), X509_EXTENSION_free);
    return names && X509_add_ext(certificate, names.get(), -1) == 1;
}

bool set_serial_and_time(X509* certificate) {
    std::uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -a_day) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * a_day);
}

}  // namespace

bool use_self_signed(ssl_ctx_st* context) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    return key && certificate && set_serial_and_time(certificate.get()) &&
           X509_set_pubkey(certificate.get(), key.get()) == 1 && set_names(certificate.get(), host_name()) &&
           X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0 &&
           SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

}  // namespace rotunda::server
