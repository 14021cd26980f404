#include "rtp/dtls_hooks.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <string>

namespace rotunda::rtp {
namespace {

constexpr std::size_t cookie_bytes = 32;
constexpr unsigned longest_interval_us = 3'000'000;

DtlsHookState* state_of(SSL* ssl) {
    return static_cast<DtlsHookState*>(SSL_get_app_data(ssl));
}

bool cookie_for(SSL* ssl, std::array<unsigned char, cookie_bytes>& out) {
    const DtlsHookState* state = state_of(ssl);
    if (!state || !state->cookie_secret) return false;
    const std::string source = state->source.to_string();
    unsigned size = 0;
    return HMAC(EVP_sha256(), state->cookie_secret->data(), static_cast<int>(state->cookie_secret->size()),
                reinterpret_cast<const unsigned char*>(source.data()), source.size(), out.data(),
                &size) != nullptr;
}

int make_cookie(SSL* ssl, unsigned char* cookie, unsigned* size) {
    std::array<unsigned char, cookie_bytes> made{};
    if (!cookie_for(ssl, made)) return 0;
    std::copy(made.begin(), made.end(), cookie);
    *size = cookie_bytes;
    return 1;
}

int check_cookie(SSL* ssl, const unsigned char* cookie, unsigned size) {
    std::array<unsigned char, cookie_bytes> expected{};
    const bool same = cookie_for(ssl, expected) && size == cookie_bytes &&
                      CRYPTO_memcmp(expected.data(), cookie, cookie_bytes) == 0;
    if (same) state_of(ssl)->cookie_came_back = true;
    return same ? 1 : 0;
}

}  // namespace

void install_dtls_cookies(SSL_CTX* context) {
    SSL_CTX_set_cookie_generate_cb(context, make_cookie);
    SSL_CTX_set_cookie_verify_cb(context, check_cookie);
    SSL_CTX_set_options(context, SSL_OP_COOKIE_EXCHANGE);
}

unsigned next_dtls_interval(SSL* ssl, unsigned last_us) {
    const DtlsHookState* state = state_of(ssl);
    if (last_us == 0) return state ? state->first_timeout_us : longest_interval_us;
    return std::min(2 * last_us, longest_interval_us);
}

}  // namespace rotunda::rtp
