// Offer and answer (RFC 3264, RFC 6337) for one call: what was agreed, and how it changes. Pure; a value, one
// per dialog, so a forked call copies it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/audio_codec.hpp"
#include "base/dtls_fingerprint.hpp"
#include "base/ice_credentials.hpp"
#include "base/net_address.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/srtp_keys.hpp"
#include "sdp/attributes.hpp"
#include "sdp/dtls.hpp"
#include "sdp/session_description.hpp"
#include "sdp/video_formats.hpp"

namespace rotunda::sdp {

// off: never SRTP. optional: SRTP with who offers it in any profile (RFC 8643), and offered the same way.
// required: nothing else, and keys in the description (SDES) only where nobody reads them on their way.
enum class MediaEncryption : std::uint8_t { off, optional, required };

// What we can do; chosen per listener, trunk or room (interop rule 26).
//
// An answer names every codec both sides have, in the offerer's order (RFC 3264 §6.1: that order carries the
// wish of the one who configured the phone, and both directions then use one codec). The first is what we
// send; the receiver takes any of them, since a peer may switch between them without a word.
struct Capabilities {
    // In order of preference, which shows in our own offers. The settings are what we like to receive and the
    // bounds of what we send; ptime_ms is ignored in favour of the one below.
    std::vector<AudioSettings> audio;
    bool telephone_events = true;  // RFC 4733
    bool comfort_noise = true;     // RFC 3389
    bool rtcp_mux = true;          // RFC 5761
    int ptime_ms = 20;             // what we send when the peer asks for nothing
    int min_ptime_ms = 10;
    int max_ptime_ms = 60;    // also our a=maxptime
    VideoCapabilities video;  // none by default
    MediaEncryption encryption = MediaEncryption::off;
    bool secure_signaling = false;        // this call's descriptions travel over TLS
    std::optional<DtlsFingerprint> dtls;  // our certificate for DTLS-SRTP (RFC 5763); none: not served
    bool ice = false;                     // ICE-lite with who offers ICE and rtcp-mux (RFC 8445 §2.5)
    bool browser = false;                 // our first offer is one for a browser: DTLS-SRTP, ICE, BUNDLE
};

// Opus, G.722, PCMU, PCMA, with in-band FEC.
Capabilities default_capabilities();

// Where our media of this call is, and what we want of it.
struct LocalMedia {
    IpAddress address;             // for c= and o=
    std::uint16_t audio_port = 0;  // RTP; RTCP is on the next one unless multiplexed
    Direction audio_direction = Direction::sendrecv;
    std::uint16_t video_port = 0;  // 0: this call has no video; it is neither accepted nor offered
    Direction video_direction = Direction::sendrecv;
    bool video = true;  // false: neither accepted nor offered, whatever stands
    // Video may share the audio's port instead (RFC 9143), where the peer wants that.
    bool bundle = false;
};

enum class MediaKind : std::uint8_t { audio, video, other };

struct PayloadFormat {
    std::uint8_t payload_type = 0;
    AudioCodec codec = AudioCodec::pcmu;

    friend bool operator==(const PayloadFormat&, const PayloadFormat&) = default;
};
// telephone-event or CN.
struct ClockedFormat {
    std::uint8_t payload_type = 0;
    int clock_hz = 8000;

    friend bool operator==(const ClockedFormat&, const ClockedFormat&) = default;
};

// One m-line as it stands between the two sides. Fields below `mid` mean something only if accepted.
struct NegotiatedMedia {
    MediaKind kind = MediaKind::other;
    bool accepted = false;
    std::string mid;  // RFC 5888; empty: none

    Direction direction = Direction::inactive;  // ours
    bool on_hold = false;  // by the peer: sendonly, inactive, or connection address 0.0.0.0

    std::vector<PayloadFormat> receive;  // what the peer may send, by payload type
    std::vector<ClockedFormat> telephone_events;
    std::vector<ClockedFormat> comfort_noise;
    // In which RTP header extension the peer says how loud he is (RFC 6464); 0: none.
    std::uint8_t audio_level_extension = 0;
    AudioSettings send;
    std::uint8_t send_payload_type = 0;
    std::optional<std::uint8_t> send_event_type;  // telephone-event at the clock of `send`; none: not agreed
    VideoAgreement video;                         // of a video line, in place of the formats above
    std::vector<RtcpFeedback> feedback;           // the peer's, for send_payload_type (interop rule 20)

    Endpoint remote_rtp;   // wildcard address: unknown (hold, a host name, or left out)
    Endpoint remote_rtcp;  // a=rtcp, else the port above; same as remote_rtp with rtcp_mux
    bool rtcp_mux = false;
    // Audio: in a bundle, which other lines may share. Video: on the audio's transport, all below is the
    // audio's.
    bool bundled = false;

    // What protects it: one of the two, or none: in the clear.
    std::optional<SrtpKeys> srtp;
    std::optional<DtlsPeer> dtls;
    TlsIds tls_id;
    std::optional<IcePair> ice;  // the peer is where his checks come from, whatever remote_rtp says

    friend bool operator==(const NegotiatedMedia&, const NegotiatedMedia&) = default;
};

// Why an offer or answer was not taken: the response to send, with its Warning (RFC 3261 §20.43).
struct Refusal {
    int status = 488;      // 400, 488 or 491
    int warning_code = 0;  // 3xx; 0: no Warning
    std::string text;      // for the Warning or the log; printable ASCII without quotes
};
// 400 for what is no SDP at all, 488 for what we do not speak.
Refusal refusal_for(const ParseFailure& failure);

struct LineSecurity;

class OfferAnswer {
  public:
    // `random` gives the session id of our o= and our SRTP keys; it outlives this and every copy.
    OfferAnswer(Capabilities capabilities, RandomSource& random);

    // The peer's offer: our answer as text, and media() is what both agreed. The same offer again gives the
    // same octets (interop rule 3). Refused, nothing has changed: 488 when no m-line is usable (a later offer
    // that closes all of its m-lines itself is granted), 491 while an offer of ours is open.
    Result<std::string, Refusal> answer(const SessionDescription& offer, const LocalMedia& local);

    // Our answer to this offer would have video on the audio's port, if local.bundle allows.
    bool would_bundle(const SessionDescription& offer) const;

    // A full offer of all we can do now, for a 200 to an INVITE without one (interop rule 1) or a re-INVITE
    // of ours. Asked again before the answer came, it gives the same offer.
    std::string create_offer(const LocalMedia& local);
    // The answer to it; a line it leaves out is a refused one. nullopt: media() is what both agreed; else the
    // offer is taken back as by roll_back().
    std::optional<Refusal> accept_answer(const SessionDescription& given);
    bool offer_pending() const { return pending_offer_.has_value(); }

    // Back to what stood before the pending offer, or else before the last answer given or accepted (RFC 6141
    // §3.4: a re-INVITE failed). Once only; without effect if there is nothing to take back.
    void roll_back();

    // One entry per m-line; empty before the first agreement.
    const std::vector<NegotiatedMedia>& media() const { return agreed_.media; }
    // The accepted audio; nullptr if there is none.
    const NegotiatedMedia* audio() const;
    // The accepted video; nullptr if there is none.
    const NegotiatedMedia* video() const;
    // Our side of the agreement as last sent, for a 2xx that repeats the answer of a provisional response;
    // empty before the first.
    std::string local_description() const;

  private:
    struct State {
        SessionDescription local;
        std::vector<NegotiatedMedia> media;  // one per m-line of `local`
        // m-lines the peer no longer mentions though RFC 3264 §8 forbids to drop one; our next offer does.
        std::vector<Media> dropped;
        // Of audio and video: a number never changes its meaning (RFC 3264 §8.3.2).
        std::vector<RtpMap> payload_types;
        std::vector<VideoFormat> video_numbers;  // what those of our video codecs mean beyond the encoding
    };

    // Index into the offer; nullopt and `why`: no m-line is usable.
    std::optional<std::size_t> choose_audio(const SessionDescription& offer, Refusal& why) const;
    struct VideoChoice {
        std::size_t index = 0;
        bool bundled = false;
    };
    // `audio`: the index of the audio chosen.
    std::optional<VideoChoice> choose_video(const SessionDescription& offer, const LocalMedia& local,
                                            std::size_t audio) const;
    std::optional<std::size_t> index_of(MediaKind kind) const;
    std::optional<std::size_t> audio_index() const { return index_of(MediaKind::audio); }
    // The accepted video, if its transport is its own.
    const NegotiatedMedia* own_video() const;
    void open_video(const LocalMedia& local, const LineSecurity& audio, State& next) const;
    Media answer_video(const SessionDescription& offer, const Media& offered, const LocalMedia& local,
                       NegotiatedMedia& out) const;
    // Video on the transport that the audio, an m-line of `next` already, was answered with.
    void answer_bundled(const SessionDescription& offer, std::size_t audio, std::size_t video,
                        const LocalMedia& local, State& next) const;
    // The m-line of ours that answers, and what it means.
    Media answer_audio(const SessionDescription& offer, const Media& offered, const LocalMedia& local,
                       NegotiatedMedia& out) const;
    // Both spelled out.
    NegotiatedMedia read_answer(const SessionDescription& offer, const SessionDescription& answer,
                                std::size_t index) const;
    // Our session-level lines.
    SessionDescription frame(const IpAddress& address) const;
    // Gives `next` a new version if anything differs from what stands (RFC 3264 §8).
    void stamp(SessionDescription& next);
    void agree(State next);

    Capabilities capabilities_;
    RandomSource* random_;
    std::string session_id_;
    std::uint64_t last_version_ = 0;  // highest used, even if taken back since
    State agreed_;
    std::optional<State> before_;
    std::optional<State> pending_offer_;  // `media` still empty
    Direction pending_direction_ = Direction::sendrecv;
    Direction pending_video_direction_ = Direction::sendrecv;
};

// Where the peer wants the audio of an offer: chooses the address family and route before ports are reserved.
// nullopt: no usable audio, or its address is not known.
std::optional<IpAddress> audio_address(const SessionDescription& offer);

// What an OPTIONS response carries (RFC 3264 §9): all we can do, port 0.
std::string describe_capabilities(const Capabilities& capabilities, const IpAddress& address);

}  // namespace rotunda::sdp
