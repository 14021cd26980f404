// a=group:BUNDLE: m-lines that share one transport (RFC 9143).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sdp/session_description.hpp"

namespace rotunda::sdp {

// a=bundle-only: open in its bundle and nowhere else, though its port is 0 (RFC 9143 §6).
bool is_bundle_only(const Media& line);

// The mids of the bundle that a line is in, as listed: the first is the tagged one; empty: it is in none.
std::vector<std::string> bundle_of(const SessionDescription& session, const Media& line);
bool share_a_bundle(const SessionDescription& session, const Media& a, const Media& b);

// Address, rtcp-mux and what protects it stand in the tagged line of a bundle and hold for all of its lines
// (RFC 9143 §7.1.3): here each line that leaves them out says them itself, so that it can be read alone. A
// bundle-only line has the tagged line's port then.
SessionDescription with_bundles_spelled_out(SessionDescription session);
// The transport of one line, as another one's.
void copy_transport(const Media& from, Media& to);
// Two lines of an offer that are accepted into one bundle: the transport of the one that is listed first,
// which is the tagged one then (RFC 9143 §7.3.1), is also the other's, whatever that one says of itself, as
// it does in an initial offer (§7.1.3).
void settle_on_tagged(SessionDescription& offer, std::size_t audio, std::size_t video);
// The way back: what belongs to the tagged line alone is left out of the others. rtcp-mux stays, since
// Chromium misses it.
void leave_to_tagged(SessionDescription& session, const std::vector<std::string>& bundle);

}  // namespace rotunda::sdp
