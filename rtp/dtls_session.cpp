#include "rtp/dtls_session.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/x509.h>

#include <algorithm>

namespace rotunda::rtp {
namespace {

// Fits every path, with IP and UDP around it.
constexpr long mtu = 1200;
// More is no handshake: a certificate is a few kilobytes at most, cut into datagrams.
constexpr std::size_t most_unsent = 32;
constexpr std::string_view exporter_label = "EXTRACTOR-dtls_srtp";  // RFC 5764 §4.2

std::optional<SrtpSuite> suite_of(const SRTP_PROTECTION_PROFILE* profile) {
    if (!profile) return std::nullopt;
    switch (profile->id) {
        case SRTP_AES128_CM_SHA1_80:
            return SrtpSuite::aes_cm_128_hmac_sha1_80;
        case SRTP_AES128_CM_SHA1_32:
            return SrtpSuite::aes_cm_128_hmac_sha1_32;
        case SRTP_AEAD_AES_128_GCM:
            return SrtpSuite::aead_aes_128_gcm;
        case SRTP_AEAD_AES_256_GCM:
            return SrtpSuite::aead_aes_256_gcm;
        default:
            return std::nullopt;
    }
}

bool shows(SSL* ssl, const DtlsFingerprint& expected) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl), &X509_free);
    DtlsFingerprint shown;
    unsigned size = 0;
    return certificate && X509_digest(certificate.get(), EVP_sha256(), shown.sha256.data(), &size) == 1 &&
           shown == expected;
}

// client key, server key, client salt, server salt (RFC 5764 §4.2)
std::optional<SrtpKeys> export_keys(SSL* ssl, SrtpSuite suite, DtlsRole role) {
    const std::size_t key = facts(suite).key_bytes, salt = facts(suite).salt_bytes;
    std::array<std::uint8_t, 2 * SrtpKey::max_bytes> material{};
    if (SSL_export_keying_material(ssl, material.data(), 2 * (key + salt), exporter_label.data(),
                                   exporter_label.size(), nullptr, 0, 0) != 1)
        return std::nullopt;
    SrtpKey client, server;
    client.suite = server.suite = suite;
    const auto* at = material.data();
    std::copy_n(at, key, client.bytes.begin());
    std::copy_n(at + key, key, server.bytes.begin());
    std::copy_n(at + 2 * key, salt, client.bytes.begin() + static_cast<std::ptrdiff_t>(key));
    std::copy_n(at + 2 * key + salt, salt, server.bytes.begin() + static_cast<std::ptrdiff_t>(key));
    OPENSSL_cleanse(material.data(), material.size());
    return role == DtlsRole::active ? SrtpKeys{client, server} : SrtpKeys{server, client};
}

}  // namespace

DtlsSession::DtlsSession(const DtlsIdentity& identity, const Config& config, TimePoint now)
    : config_(config), deadline_(now + config.patience) {
    hooks_.cookie_secret = &identity.cookie_secret();
    hooks_.first_timeout_us = static_cast<unsigned>(
        std::chrono::duration_cast<std::chrono::microseconds>(config.first_timeout).count());
    next_timeout_ = deadline_;
}

std::unique_ptr<DtlsSession> DtlsSession::make(const DtlsIdentity& identity, const Config& config,
                                               TimePoint now) {
    std::unique_ptr<DtlsSession> out(new DtlsSession(identity, config, now));
    return out->set_up(identity.context()) ? std::move(out) : nullptr;
}

bool DtlsSession::set_up(SSL_CTX* context) {
    ssl_.reset(SSL_new(context));
    BIO* bio = ssl_ ? BIO_new(datagram_bio()) : nullptr;
    if (!bio) return false;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), &hooks_);
    DTLS_set_timer_cb(ssl_.get(), next_dtls_interval);
    SSL_set_mtu(ssl_.get(), mtu);
    if (config_.role == DtlsRole::active)
        SSL_set_connect_state(ssl_.get());
    else
        SSL_set_accept_state(ssl_.get());
    return true;
}

void DtlsSession::start(TimePoint now) {
    if (config_.role == DtlsRole::active) advance(now);
}

void DtlsSession::handle(Bytes datagram, const Endpoint& source, TimePoint now) {
    if (state_ == DtlsState::failed) return;
    hooks_.source = source;
    incoming_ = datagram;
    advance(now);
    incoming_ = {};
}

void DtlsSession::on_timeout(TimePoint now) {
    if (state_ != DtlsState::handshaking) return;
    if (now >= deadline_) return fail("no DTLS handshake in time");
    ERR_clear_error();
    // Less than nothing: twelve flights remained unanswered.
    if (DTLSv1_handle_timeout(ssl_.get()) < 0) return fail("nobody answers the DTLS handshake");
    schedule(now);
}

void DtlsSession::advance(TimePoint now) {
    ERR_clear_error();
    if (state_ == DtlsState::established) {
        // A peer that missed our last flight repeats its own, which OpenSSL answers; it has nothing else to
        // say.
        std::array<std::uint8_t, 256> nothing;
        SSL_read(ssl_.get(), nothing.data(), static_cast<int>(nothing.size()));
        ERR_clear_error();
        return;
    }
    const int result = SSL_do_handshake(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), result);
    if (result == 1)
        establish();
    else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        fail("the DTLS handshake broke off");
    ERR_clear_error();
    schedule(now);
}

void DtlsSession::establish() {
    const auto suite = suite_of(SSL_get_selected_srtp_profile(ssl_.get()));
    if (!suite) return fail("no SRTP profile in common");
    if (!shows(ssl_.get(), config_.peer)) return fail("another certificate than the fingerprint names");
    keys_ = export_keys(ssl_.get(), *suite, config_.role);
    if (!keys_) return fail("no SRTP keys from DTLS");
    state_ = DtlsState::established;
}

void DtlsSession::schedule(TimePoint now) {
    next_timeout_.reset();
    if (state_ != DtlsState::handshaking) return;
    next_timeout_ = deadline_;
    timeval left{};
    if (DTLSv1_get_timeout(ssl_.get(), &left) != 1) return;
    const Duration wait = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
    next_timeout_ = std::min(deadline_, now + std::max<Duration>(wait, std::chrono::milliseconds(1)));
}

void DtlsSession::fail(const char* why) {
    state_ = DtlsState::failed;
    failure_ = why;
    next_timeout_.reset();
}

BIO_METHOD* DtlsSession::datagram_bio() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
        BIO_meth_set_write(made, write_datagram);
        BIO_meth_set_read(made, read_datagram);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

int DtlsSession::write_datagram(BIO* bio, const char* octets, int size) {
    auto& session = *static_cast<DtlsSession*>(BIO_get_data(bio));
    if (session.out_.size() < most_unsent) session.out_.emplace_back(octets, octets + size);
    return size;
}

int DtlsSession::read_datagram(BIO* bio, char* buffer, int size) {
    auto& session = *static_cast<DtlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (session.incoming_.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const Bytes datagram = std::exchange(session.incoming_, {});
    const std::size_t taken = std::min(datagram.size(), static_cast<std::size_t>(size));
    std::copy_n(datagram.begin(), taken, reinterpret_cast<std::uint8_t*>(buffer));
    return static_cast<int>(taken);
}

long DtlsSession::control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP ? 1 : 0;
}

}  // namespace rotunda::rtp
