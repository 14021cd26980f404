// ICE in the session description, for an agent that has one public address and checks nothing itself
// (ICE-lite: RFC 8445 §2.5, RFC 8839).
#pragma once

#include <optional>
#include <string>

#include "base/ice_credentials.hpp"
#include "base/net_address.hpp"
#include "base/random.hpp"
#include "sdp/session_description.hpp"

namespace rotunda::sdp {

// a=ice-ufrag and a=ice-pwd of the line, else of the session; nullopt: none, or none that RFC 8839 §5.4
// allows.
std::optional<IceCredentials> ice_credentials_of(const SessionDescription& session, const Media& media);

// What we say to a peer with these credentials: what stands while he keeps his, something new when he starts
// anew (RFC 8839 §4.4.1.1).
IceCredentials answer_ice(const IceCredentials& theirs, const std::optional<IcePair>& standing,
                          RandomSource& random);
IceCredentials make_ice_credentials(RandomSource& random);

// a=ice-ufrag, a=ice-pwd and our only candidate, RTP and RTCP on one port. The session says a=ice-lite.
void add_ice(Media& line, const IceCredentials& ours, const Endpoint& candidate);

}  // namespace rotunda::sdp
