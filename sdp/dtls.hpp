// a=fingerprint, a=setup and a=tls-id: DTLS-SRTP in the session description (RFC 5763, RFC 8122, RFC 4145,
// RFC 8842).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/dtls_fingerprint.hpp"
#include "base/random.hpp"
#include "sdp/session_description.hpp"

namespace rotunda::sdp {

// a=fingerprint:sha-256 4A:AD:...; nullopt: malformed, or another hash.
std::optional<DtlsFingerprint> parse_fingerprint(std::string_view value);
std::string to_string(const DtlsFingerprint& fingerprint);

// What the peer says of the handshake; nullopt: nothing, or nothing usable. Asked
// for either role the peer begins, since who speaks first speaks to an address nobody has proven; while an
// association stands its roles stay (RFC 8842 §5.3).
std::optional<DtlsPeer> dtls_peer(const SessionDescription& session, const Media& media,
                                  const std::optional<DtlsPeer>& standing);

// Which association a description means (RFC 8842 §4), in the words of either side; empty: not said.
struct TlsIds {
    std::string theirs, ours;

    friend bool operator==(const TlsIds&, const TlsIds&) = default;
};
// Empty: none, or malformed.
std::string tls_id_of(const Media& media);
std::string make_tls_id(RandomSource& random);

}  // namespace rotunda::sdp
