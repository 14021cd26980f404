#include "server/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/net_address.hpp"
#include "server/certificate_name.hpp"
#include "server/tls_context.hpp"

namespace rotunda::server {

struct TlsSession::Bio {
    static int read(bio_st* bio, char* out, int size) {
        auto& input = static_cast<TlsSession*>(BIO_get_data(bio))->input_;
        BIO_clear_retry_flags(bio);
        if (input.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t count = std::min(input.size(), static_cast<std::size_t>(size));
        std::memcpy(out, input.data(), count);
        input.remove_prefix(count);
        return static_cast<int>(count);
    }
    static int write(bio_st* bio, const char* bytes, int size) {
        BIO_clear_retry_flags(bio);
        std::string* wire = static_cast<TlsSession*>(BIO_get_data(bio))->wire_;
        if (wire) wire->append(bytes, static_cast<std::size_t>(size));
        return size;
    }
    static long control(bio_st*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static const BIO_METHOD* method() {
        static const BIO_METHOD* const made = [] {
            BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
            BIO_meth_set_read(m, &Bio::read);
            BIO_meth_set_write(m, &Bio::write);
            BIO_meth_set_ctrl(m, &Bio::control);
            return m;
        }();
        return made;
    }
};

TlsSession::TlsSession(ssl_st* ssl, std::string domain) : ssl_(ssl), domain_(std::move(domain)) {
    BIO* bio = BIO_new(Bio::method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);  // takes it
}

TlsSession::~TlsSession() {
    wire_ = nullptr;
    SSL_free(ssl_);
}

std::unique_ptr<TlsSession> TlsSession::as_server(const TlsContext& context) {
    SSL* ssl = context.new_server();
    if (!ssl) return nullptr;
    SSL_set_accept_state(ssl);
    return std::unique_ptr<TlsSession>(new TlsSession(ssl, {}));
}

std::unique_ptr<TlsSession> TlsSession::as_client(const TlsContext& context, const std::string& domain) {
    SSL* ssl = context.new_client();
    if (!ssl) return nullptr;
    SSL_set_connect_state(ssl);
    // RFC 6066 §3: names only.
    if (!IpAddress::parse(domain)) SSL_set_tlsext_host_name(ssl, domain.c_str());
    return std::unique_ptr<TlsSession>(new TlsSession(ssl, domain));
}

void TlsSession::start(std::string& wire) {
    shake_hands(wire);
}

TlsSession::State TlsSession::shake_hands(std::string& wire) {
    wire_ = &wire;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result != 1) return outcome(result);
    if (!domain_.empty() && !is_certificate_for(SSL_get0_peer_certificate(ssl_), domain_))
        return State::failed;
    established_ = true;
    const std::string first = std::exchange(waiting_, {});
    return first.empty() ? State::open : write(first);
}

TlsSession::State TlsSession::receive(std::string_view network, std::string& plain, std::string& wire) {
    input_ = network;
    wire_ = &wire;
    if (!established_)
        if (const State state = shake_hands(wire); state != State::open || !established_) return state;
    std::array<char, 16'384> buffer;
    for (;;) {
        ERR_clear_error();
        std::size_t size = 0;
        const int result = SSL_read_ex(ssl_, buffer.data(), buffer.size(), &size);
        if (result != 1) return outcome(result);
        plain.append(buffer.data(), size);
    }
}

TlsSession::State TlsSession::send(std::string_view plain, std::string& wire) {
    wire_ = &wire;
    if (established_) return write(plain);
    waiting_ += plain;
    return State::open;
}

namespace {

// The handshake takes any purpose, for a proxy shows what it serves with; but not what signs mail or
// programs.
bool is_for_tls(x509_st* certificate) {
    return certificate && (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1 ||
                           X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1);
}

}  // namespace

bool TlsSession::is_peer(const std::string& domain) const {
    return established_ && SSL_get_verify_result(ssl_) == X509_V_OK &&
           is_for_tls(SSL_get0_peer_certificate(ssl_)) &&
           is_certificate_for(SSL_get0_peer_certificate(ssl_), domain);
}

TlsSession::State TlsSession::write(std::string_view plain) {
    while (!plain.empty()) {
        ERR_clear_error();
        std::size_t size = 0;
        const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &size);
        if (result != 1) return State::failed;  // nothing is ever in the way of a write
        plain.remove_prefix(size);
    }
    return State::open;
}

TlsSession::State TlsSession::outcome(int result) {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return State::open;
        case SSL_ERROR_ZERO_RETURN:
            return State::closed;
        default:
            return State::failed;
    }
}

}  // namespace rotunda::server
