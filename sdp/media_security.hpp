// What protects an m-line: nothing, keys in the description (SDES), or a handshake on the media path (DTLS),
// as profile, attributes and policy allow; and ICE, which proves where the peer is. The same for every kind
// of media.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/dtls_fingerprint.hpp"
#include "sdp/crypto.hpp"
#include "sdp/offer_answer.hpp"

namespace rotunda::sdp {

// RTP/AVP or RTP/AVPF, the profiles that may go without SRTP.
bool is_plain_rtp(const Media& media);
// UDP/TLS/RTP/SAVP or UDP/TLS/RTP/SAVPF (RFC 5764 §8).
bool is_dtls_rtp(const Media& media);
// Those, RTP/SAVP or RTP/SAVPF.
bool is_rtp(const Media& media);
// A profile of RTP, with keys or a fingerprint we understand where it cannot go without.
bool names_protection(const SessionDescription& session, const Media& media);

// Keys in a=crypto may be used: always under `optional`, since there they cost nothing and no one relies on
// them; under `required` only where the description itself is secret.
bool may_use_sdes(const Capabilities& capabilities);
bool may_use_dtls(const Capabilities& capabilities);

enum class Protection : std::uint8_t { clear, sdes, dtls };
// Of a peer's line; nullopt: none that the policy allows.
std::optional<Protection> protection_of(const SessionDescription& session, const Media& media,
                                        const Capabilities& capabilities);
std::optional<Refusal> protection_problem(const SessionDescription& session, const Media& media,
                                          const Capabilities& capabilities);

// Of an m-line we offer in the place of `slot`, which stays what it was where that is still right.
std::string offered_profile(const Media& slot, const Capabilities& capabilities);

// The attributes of one of our lines.
struct LineSecurity {
    std::vector<CryptoAttribute> cryptos;
    std::optional<DtlsFingerprint> fingerprint;
    const char* setup = "";  // with a fingerprint: "actpass", "active", "passive"
    std::string tls_id;      // with a fingerprint; empty: none
    std::optional<IceCredentials> ice;
    Endpoint candidate;  // with ice
};
void add_security(Media& line, const LineSecurity& security);

// Our answer to a line of the peer's; sets srtp, dtls and ice of `out`, whose rtcp_mux and remote_rtp must be
// set. `standing` is the line as agreed before, if it was. The line has a protection (see above).
LineSecurity answer_security(const SessionDescription& offer, const Media& offered,
                             const Capabilities& capabilities, const NegotiatedMedia* standing,
                             const Endpoint& candidate, RandomSource& random, NegotiatedMedia& out);
// Our offer in the profile `proto`.
LineSecurity offer_security(const std::string& proto, const Capabilities& capabilities,
                            const NegotiatedMedia* standing, const Endpoint& candidate, RandomSource& random);
// The peer's answer to a line of ours, out.remote_rtp set; false: he leaves it without the protection it must
// have.
bool read_security(const SessionDescription& answer, const Media& ours, const Media& theirs,
                   const NegotiatedMedia* standing, NegotiatedMedia& out);

// Another line of the peer's may be answered on the transport of the audio (RFC 9143). Both are spelled out,
// see bundle.hpp.
bool may_share_transport(const SessionDescription& session, const Media& audio, const Media& other,
                         const Capabilities& capabilities);

// a=ice-lite where a line has ICE, and a=group:BUNDLE over the audio and what shares its port, or waits for
// that (a=bundle-only): those with a mid that `offered` names in such a group; with no `offered`, those with
// a mid. For a description of ours whose lines are all there, each with all of its attributes.
void add_session_security(SessionDescription& ours, const SessionDescription* offered);

}  // namespace rotunda::sdp
