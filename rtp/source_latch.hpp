// Whose packets are taken on a media port, and where ours go: symmetric RTP (RFC 4961) with a guard against
// strangers.
#pragma once

#include <cstdint>
#include <optional>

#include "base/net_address.hpp"
#include "base/time.hpp"

namespace rotunda::rtp {

// The rule: the address in the peer's SDP is locked on its first valid packet. Otherwise only the IP address
// the signalling comes from may be learnt, after five valid packets in sequence, within a window after each
// SDP change. Then the leg is locked to that source and SSRC until the SDP changes: an unknown source never
// takes over a stream. Where the old source is learnt again because its last packets came after the change,
// one more may be learnt within that window, once the old one is silent. Nobody counts beside a stream that
// goes on: another SSRC, or a source to be learnt, is believed once what was heard so far has been silent for
// a while, and an SSRC that was given up for another one is believed again as soon as it comes back. One
// latch per transport (RTP, RTCP). Used by one media worker.
class SourceLatch {
  public:
    struct Config {
        Duration learning_window = std::chrono::seconds(10);
        int packets_to_learn = 5;  // from the signalling source
        // From the SDP's own address; an address that was learnt needs packets_to_learn.
        int packets_to_change_ssrc = 2;
        // Longer than the packets of a stream that goes on mostly lie apart.
        Duration silence_before_change = std::chrono::milliseconds(60);
    };
    SourceLatch();
    explicit SourceLatch(const Config& config);

    // The SDP of the peer, at the start and after each change. Port 0 or a wildcard address: not known. Equal
    // values change nothing. The source locked so far is heard until another one locks, so that a change
    // leaves no gap.
    void on_signalled(const Endpoint& remote, const IpAddress& signaling_source, TimePoint now);

    enum class Verdict : std::uint8_t {
        accepted,
        learning,  // from a source that may yet lock: counted, not played
        stranger,  // refused and counted
    };
    // Only packets that parsed and carry a negotiated payload type. `sequence`: RTP's; for RTCP any number
    // that counts up.
    Verdict on_packet(const Endpoint& source, std::uint32_t ssrc, std::uint16_t sequence, TimePoint arrival);

    // The peer's codecs changed, and with another clock rate so will his SSRC (RFC 7160 §4.1), or he resumes:
    // the locked source's next new one is believed at its first packet, once, within the learning window.
    void expect_new_ssrc(TimePoint now) { ssrc_change_until_ = now + config_.learning_window; }

    // RTP of this leg is locked to this source: lets the RTCP latch take its first packet from the same IP
    // and SSRC, since five reports would take half a minute, and that SSRC from a source that is locked.
    void vouch_for(const IpAddress& address, std::uint32_t ssrc);

    // Where to send: the locked source, else the SDP's address; nullopt if neither is known.
    std::optional<Endpoint> destination() const;
    const std::optional<Endpoint>& locked() const { return locked_; }
    // True while another source may still lock: do not connect() the socket before this ends.
    bool is_learning(TimePoint now) const;
    std::uint64_t strangers() const { return strangers_; }

  private:
    struct Candidate {
        Endpoint source;
        std::uint32_t ssrc = 0;
        std::uint16_t next_sequence = 0;
        int packets = 0;
    };
    Verdict on_locked_source(std::uint32_t ssrc, std::uint16_t sequence, TimePoint arrival);
    bool may_learn(const Endpoint& source, TimePoint arrival) const;
    bool count(const Endpoint& source, std::uint32_t ssrc, std::uint16_t sequence, int needed);
    void lock(const Endpoint& source, std::uint32_t ssrc, bool learnt, TimePoint arrival);
    bool may_change_ssrc(std::uint32_t ssrc, std::uint16_t sequence, TimePoint arrival);
    // The former SSRC goes on: the new one was a forger's.
    bool is_back(TimePoint arrival);
    // What is locked has been silent for silence_before_change, or nothing is locked.
    bool is_silent(TimePoint arrival) const;

    Config config_;
    std::optional<Endpoint> signalled_;
    IpAddress signaling_source_;
    TimePoint window_end_{};
    bool open_ = false;  // nothing has locked since the last SDP change

    std::optional<Endpoint> locked_;
    std::uint32_t locked_ssrc_ = 0;
    TimePoint heard_at_{};
    bool learnt_ = false;  // locked_ is not the SDP's address
    TimePoint ssrc_change_until_{};
    // Of the locked source. Should it come back, the one that took its place was a forger's: who changes his
    // SSRC does not use the old one again.
    struct Former {
        std::uint32_t ssrc = 0;
        TimePoint heard_at{};
        std::optional<TimePoint> back_at{};  // its last packet since
    };
    std::optional<Former> former_;
    TimePoint ssrc_changed_at_{};
    // What is locked was so before the SDP changed. A sender on the move is heard on the old way for a while:
    // when he falls silent there, the new way may still be learnt.
    bool stayed_ = false;
    Candidate candidate_;

    struct Voucher {
        IpAddress address;
        std::uint32_t ssrc = 0;
    };
    std::optional<Voucher> voucher_;
    std::uint64_t strangers_ = 0;
};

}  // namespace rotunda::rtp
