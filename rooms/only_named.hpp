// Whether a leg's media would go where nobody has shown himself. See media::NamedAddress for what that means.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/address_list.hpp"
#include "rooms/participant.hpp"
#include "rooms/secure_flow.hpp"

namespace rotunda::rooms {

// `remote` is what a party without credentials, no trunk's, has written into his SDP: neither where his
// signalling comes from, nor where his sound has come from. Who calls from `local` networks may name another
// address in them: a phone on a host with several addresses names any. Without `local` nobody is doubted.
inline bool is_only_named(const Participant& who, const Endpoint& remote,
                          const std::optional<std::vector<IpPrefix>>& local) {
    const IpAddress address = remote.address.unmapped(),
                    source = who.shown_source.value_or(who.signaling_source).unmapped();
    return local && who.identity.is_anonymous() && address != source && who.heard_from != address &&
           !(contains(*local, source) && contains(*local, address));
}

// Of a whole leg: a=rtcp (RFC 3605) may name another address than c=. With ICE the checks are the proof.
template <typename Leg>
bool is_only_named(const Participant& who, const Leg& leg,
                   const std::optional<std::vector<IpPrefix>>& local) {
    if (leg.ice) return false;
    const bool rtcp_apart = !leg.rtcp_mux && leg.remote_rtcp.port != 0;
    return is_only_named(who, leg.remote_rtp, local) ||
           (rtcp_apart && is_only_named(who, leg.remote_rtcp, local));
}

// Before his ACK, which shows that he reads what goes to his source. A private source, too, is forged where
// nobody at the border drops it, and then it is the SDP that says who gets the room's sound.
inline bool is_unproven(const Participant& who, const sip::Flow& flow,
                        const std::optional<std::vector<IpPrefix>>& local) {
    if (may_be_forged(flow, who.identity, local)) return true;
    const auto& lines = who.media.media();
    return flow.transport == sip::Transport::udp && std::any_of(lines.begin(), lines.end(), [&](auto& line) {
               return line.accepted && is_only_named(who, line, local);
           });
}

}  // namespace rotunda::rooms
