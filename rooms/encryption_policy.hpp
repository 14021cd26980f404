// How far a call must be encrypted: by the room it is for, the trunk it comes through, the listener it
// reached. Values, pure.
#pragma once

#include <optional>
#include <vector>

#include "accounts/access_policy.hpp"
#include "sdp/offer_answer.hpp"
#include "signaling/flow.hpp"

namespace rotunda::rooms {

struct ListenerEncryption {
    sip::Transport transport = sip::Transport::udp;
    Endpoint endpoint;  // as configured: the address may be a wildcard
    sdp::MediaEncryption encryption = sdp::MediaEncryption::optional;
};

using MaybeEncryption = std::optional<sdp::MediaEncryption>;

inline MaybeEncryption encryption_of(const std::vector<ListenerEncryption>& listeners,
                                     const sip::Flow& flow) {
    for (const ListenerEncryption& each : listeners)
        if (accounts::is_listener(each.transport, each.endpoint, flow)) return each.encryption;
    return std::nullopt;
}

// Whoever of them demands encryption has it; else the most special one that says anything counts.
inline sdp::MediaEncryption stricter(MaybeEncryption room, MaybeEncryption trunk, MaybeEncryption listener,
                                     sdp::MediaEncryption usual) {
    using sdp::MediaEncryption;
    for (const MaybeEncryption& each : {room, trunk, listener})
        if (each == MediaEncryption::required) return MediaEncryption::required;
    return room ? *room : trunk ? *trunk : listener ? *listener : usual;
}

}  // namespace rotunda::rooms
