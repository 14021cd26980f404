// SRTP and SRTCP of one leg (RFC 3711, RFC 7714): what we send is protected in place, what the peer sends is
// checked and opened in place, each SSRC with its own rollover counter and replay window.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/srtp_keys.hpp"
#include "base/srtp_received.hpp"
#include "rtp/srtp_stream.hpp"
#include "rtp/srtp_transform.hpp"

namespace rotunda::rtp {

// How much longer a packet may become: SRTCP's index and the tag.
inline constexpr std::size_t max_srtp_overhead = 4 + max_srtp_tag_bytes;

enum class SrtpVerdict : std::uint8_t {
    opened,
    malformed,      // too short, no RTP or RTCP, or SRTCP in the clear
    replayed,       // seen before, or too old to know
    not_authentic,  // changed on its way, made by a stranger, or under another key
};

struct SrtpCounters {
    std::uint64_t malformed = 0;
    std::uint64_t replayed = 0;
    std::uint64_t not_authentic = 0;
};

// What one key has sent or received of each SSRC. Bounded: a key whose holder shows more SSRCs than fit loses
// what was known of the one unused for longest.
class SrtpStreams {
  public:
    static constexpr std::size_t most = 16;

    // nullptr: nothing has been seen of it.
    const ReplayWindow* find(std::uint32_t ssrc) const;
    // Only what is authentic, so that a stranger cannot fill it.
    void mark(std::uint32_t ssrc, std::uint64_t index);

    std::vector<SrtpReceived::Stream> positions() const;
    // Nothing of an SSRC that has been seen here already is forgotten.
    void resume(const std::vector<SrtpReceived::Stream>& earlier);

  private:
    struct Entry {
        std::uint32_t ssrc = 0;
        std::uint64_t used = 0;  // 0: free
        ReplayWindow window;
    };
    Entry& entry_of(std::uint32_t ssrc);

    std::array<Entry, most> entries_;
    std::uint64_t clock_ = 0;
};

// Used by one media worker. No heap per packet. Not movable while contexts are in use: hold it by pointer.
class SrtpSession {
  public:
    // Null if OpenSSL refuses, for want of memory or by its policy.
    static std::unique_ptr<SrtpSession> make(const SrtpKeys& keys);

    // After a change of the session. A direction whose key is the same goes on with its rollover counters; a
    // new key starts at 0 (interop rule 23), and the peer's former key stays good until the first packet
    // under the new one. False, and nothing changed, as with make().
    bool rekey(const SrtpKeys& keys);
    const SrtpKeys& keys() const { return keys_; }

    // `buffer` holds a packet of `size` bytes and has room for max_srtp_overhead more. The protected size; 0
    // if it must not be sent: no packet, or an index this key has already sent (one keystream twice would
    // open both packets).
    std::size_t protect_rtp(MutableBytes buffer, std::size_t size);
    std::size_t protect_rtcp(MutableBytes buffer, std::size_t size);

    // A datagram as received; opened, `size` is that of the plain packet in front of it. Otherwise its octets
    // are unchanged and a counter has gone up.
    struct Opened {
        SrtpVerdict verdict = SrtpVerdict::malformed;
        std::size_t size = 0;
    };
    Opened unprotect_rtp(MutableBytes datagram);
    Opened unprotect_rtcp(MutableBytes datagram);

    // Under the peer's key in use; and going on from there in another session with the same key. Under
    // another key what was received means nothing.
    SrtpReceived received() const;
    void resume(const SrtpReceived& earlier);

    const SrtpCounters& counters() const { return counters_; }

  private:
    struct Direction {
        SrtpTransform rtp;
        SrtpTransform rtcp;
        SrtpStreams rtp_streams;
        SrtpStreams rtcp_streams;
        std::uint32_t next_rtcp_index = 1;
    };
    static std::unique_ptr<Direction> make_direction(const SrtpKey& key);

    SrtpSession() = default;
    static Opened open_rtp(Direction& in, MutableBytes datagram);
    static Opened open_rtcp(Direction& in, MutableBytes datagram);
    template <typename Open>
    Opened try_keys(MutableBytes datagram, Open open);

    SrtpKeys keys_;
    std::unique_ptr<Direction> send_;
    std::unique_ptr<Direction> receive_;
    std::unique_ptr<Direction> former_receive_;
    SrtpCounters counters_;
};

}  // namespace rotunda::rtp
