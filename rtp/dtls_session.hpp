// One DTLS-SRTP association (RFC 5764): a handshake over the media path that ends in SRTP keys, held to the
// fingerprint of the session description. Sans-IO but for one thing: OpenSSL reads a clock of its own for its
// retransmissions, so on_timeout() may find that its time has not come yet.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/dtls_fingerprint.hpp"
#include "base/net_address.hpp"
#include "base/srtp_keys.hpp"
#include "base/time.hpp"
#include "rtp/dtls_hooks.hpp"
#include "rtp/dtls_identity.hpp"

namespace rotunda::rtp {

// RFC 4145 §4, RFC 5763 §5: the active side is DTLS's client and speaks first.
enum class DtlsRole : std::uint8_t { active, passive };

enum class DtlsState : std::uint8_t { handshaking, established, failed };

// Used by one media worker. Takes heap during the handshake, which is rare, and none for SRTP's packets.
class DtlsSession {
  public:
    struct Config {
        DtlsRole role = DtlsRole::passive;
        DtlsFingerprint peer;
        // Of the first flight; doubles up to three seconds.
        Duration first_timeout = std::chrono::milliseconds(200);
        // Without an end by then it failed.
        Duration patience = std::chrono::seconds(30);
    };
    // Null if OpenSSL refuses. `identity` outlives the session.
    static std::unique_ptr<DtlsSession> make(const DtlsIdentity& identity, const Config& config,
                                             TimePoint now);

    // The active side's first flight; nothing for the passive one.
    void start(TimePoint now);
    // A datagram that classify() calls DTLS; junk changes nothing. `source` goes into the cookie that must
    // come back before more is sent there than came.
    void handle(Bytes datagram, const Endpoint& source, TimePoint now);
    // Nothing once the handshake is over.
    std::optional<TimePoint> next_timeout() const { return next_timeout_; }
    void on_timeout(TimePoint now);

    // What to send, oldest first: to where the last datagram came from, or the one with the cookie once it
    // came back.
    std::vector<std::vector<std::uint8_t>> take_datagrams() { return std::exchange(out_, {}); }

    DtlsState state() const { return state_; }
    // Of the passive side: the peer receives at the address its handshake comes from (RFC 6347 §4.2.1).
    bool cookie_came_back() const { return hooks_.cookie_came_back; }
    // Once established: the peer has shown the certificate of the fingerprint.
    const std::optional<SrtpKeys>& keys() const { return keys_; }
    // Why it failed, for the log.
    const char* failure() const { return failure_; }

  private:
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    DtlsSession(const DtlsIdentity& identity, const Config& config, TimePoint now);
    bool set_up(SSL_CTX* context);
    void advance(TimePoint now);
    void establish();
    void schedule(TimePoint now);
    void fail(const char* why);
    // The datagrams' way in and out of OpenSSL, one per call: a memory BIO would join them.
    static BIO_METHOD* datagram_bio();
    static int write_datagram(BIO* bio, const char* octets, int size);
    static int read_datagram(BIO* bio, char* buffer, int size);
    static long control(BIO* bio, int command, long number, void* pointer);

    Config config_;
    TimePoint deadline_;
    DtlsHookState hooks_;
    std::unique_ptr<SSL, Free> ssl_;
    Bytes incoming_;  // not yet read by OpenSSL
    std::vector<std::vector<std::uint8_t>> out_;
    std::optional<TimePoint> next_timeout_;
    std::optional<SrtpKeys> keys_;
    DtlsState state_ = DtlsState::handshaking;
    const char* failure_ = "";
};

}  // namespace rotunda::rtp
