// What stands between one socket of a leg and the wire: ICE-lite, DTLS and SRTP, as agreed. Knows no RTP: a
// leg of any kind of media has one for each socket.
//
// A path takes STUN and DTLS from who may send them, does the handshake in steps when the HandshakeQueue
// gives it a turn, and has SRTP's keys at the end. Until then nothing of the leg is sent or taken.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/dtls_fingerprint.hpp"
#include "base/ice_credentials.hpp"
#include "media/handshake_queue.hpp"
#include "media/media_crypto.hpp"
#include "media/media_transport.hpp"
#include "media/named_address.hpp"
#include "rtp/dtls_session.hpp"
#include "rtp/ice_lite.hpp"

namespace rotunda::media {

// What was agreed on for a path: keys, or a handshake, or neither; with or without ICE.
struct PathSecurity {
    std::optional<SrtpKeys> srtp;
    std::optional<DtlsPeer> dtls;
    std::optional<IcePair> ice;
    Endpoint remote;             // of the SDP; unused with ICE
    IpAddress signaling_source;  // the only other address that may shake hands without ICE
    bool only_named = false;     // nobody vouches for `remote`, see NamedAddress

    friend bool operator==(const PathSecurity&, const PathSecurity&) = default;
};

// What became of a handshake; taken once.
struct HandshakeEnd {
    std::optional<SrtpSuite> suite;  // none: it failed
    const char* failure = "";
};

// Used by one media worker. No heap for SRTP's packets; some for handshakes and ICE's checks, which are rare.
class SecurePath {
  public:
    // `socket`, `queue` and `identity` outlive it; without an identity no handshake succeeds.
    SecurePath(MediaTransport& socket, HandshakeQueue& queue, const rtp::DtlsIdentity* identity);
    ~SecurePath();
    SecurePath(const SecurePath&) = delete;
    SecurePath& operator=(const SecurePath&) = delete;

    // At the start and after each change; what is equal goes on where it is. Another fingerprint or role
    // begins another handshake, and the keys that stand stay until its end.
    void configure(const PathSecurity& security, TimePoint now);
    // To another worker's queue: out of the old one on its thread, into the new one on the new one's.
    void leave_queue();
    void enter_queue(HandshakeQueue& queue, TimePoint now);
    MediaCrypto& crypto() { return crypto_; }
    const MediaCrypto& crypto() const { return crypto_; }

    bool has_ice() const { return agreed_.ice.has_value(); }
    // With ICE: where the peer wants our packets, if he still does.
    std::optional<Endpoint> selected(TimePoint now) const;

    // What belongs to who shares the port may come from there: with ICE the peer's checks did, so that a
    // stranger does not fill the way to him. Refused, it is counted.
    bool lets_through(const ReceivedDatagram& received);

    void on_stun(Bytes datagram, const ReceivedDatagram& received);
    void on_dtls(Bytes datagram, const ReceivedDatagram& received);
    // Retransmissions that are due get into the queue. Cheap.
    void on_tick(TimePoint now);
    bool is_shaking_hands() const { return !settled_ || end_; }
    // Whose datagram of a handshake was the last.
    const std::optional<Endpoint>& shaken_with() const { return answers_to_; }
    std::optional<HandshakeEnd> take_end() { return std::exchange(end_, std::nullopt); }

    // From the queue: one datagram, or one time-out. True if there is more to do.
    bool run_step(TimePoint now);

    // STUN, DTLS and packets for others from who may not, and more than a handshake needs.
    std::uint64_t refused() const { return refused_ + (ice_ ? ice_->refused() : 0); }

  private:
    struct Waiting {
        std::vector<std::uint8_t> datagram;
        Endpoint source;
    };
    bool may_shake_hands(const Endpoint& source) const;
    void begin(TimePoint now);
    void send_flight(TimePoint now);
    // To where nothing has come from we say no more than media would.
    bool may_say(std::size_t octets, TimePoint now);
    void check_end(TimePoint now);

    // Passed in.
    MediaTransport& socket_;
    HandshakeQueue* queue_;
    const rtp::DtlsIdentity* identity_;
    PathSecurity agreed_;

    // Owned.
    MediaCrypto crypto_;
    std::unique_ptr<rtp::IceLite> ice_;
    std::unique_ptr<rtp::DtlsSession> dtls_;
    std::vector<Waiting> inbox_;
    NamedAddress named_;

    // State.
    std::optional<Endpoint> answers_to_;  // where the handshake comes from
    std::optional<TimePoint> again_at_;   // a new attempt after a failed one
    int attempts_ = 0;
    bool wants_begin_ = false;  // as the active side, once it is known where to
    bool settled_ = true;       // the handshake that was agreed has ended
    std::optional<HandshakeEnd> end_;
    std::uint64_t refused_ = 0;
};

}  // namespace rotunda::media
