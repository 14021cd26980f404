// What OpenSSL asks back during a handshake: cookies, and how long to wait before a flight is sent again.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>

#include "base/net_address.hpp"

namespace rotunda::rtp {

// Of one handshake; tied to the SSL by SSL_set_app_data, it must live as long.
struct DtlsHookState {
    const std::array<std::uint8_t, 32>* cookie_secret = nullptr;
    Endpoint source;  // of the datagram being handled
    bool cookie_came_back = false;
    unsigned first_timeout_us = 200'000;
};

// HelloVerifyRequest's cookies (RFC 6347 §4.2.1): a peer who has not shown that he receives at his address is
// sent less than he sent, so that nobody uses us to flood a third one.
void install_dtls_cookies(SSL_CTX* context);
// Doubles, up to three seconds.
unsigned next_dtls_interval(SSL* ssl, unsigned last_us);

}  // namespace rotunda::rtp
