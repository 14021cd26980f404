// Where a SIP message came from and where one goes: values only, the sockets are server/'s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/net_address.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"

namespace rotunda::sip {

enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };

constexpr bool is_reliable(Transport t) {
    return t != Transport::udp;
}
constexpr bool is_secure(Transport t) {
    return t == Transport::tls || t == Transport::wss;
}

// One accepted or opened stream connection, for as long as it stands. None for UDP.
using ConnectionId = StrongId<struct ConnectionTag>;

// A way between us and a peer. server/ fills it for every message that arrives; who answers hands it back.
struct Flow {
    Transport transport = Transport::udp;
    Endpoint local;           // the address of ours the peer reached, never a wildcard
    Endpoint remote;          // the peer's source address, as seen here
    ConnectionId connection;  // reliable transports: the connection it came over
    // What Via and Contact say of us towards this peer: `local`, or sip.external_address when the peer is not
    // in sip.local_net.
    Endpoint advertised;
    // TLS: the domain a connection opened for this flow has to prove (RFC 5922 §7); empty: the address. Of
    // what came in: the domain the peer has proved, of those we know; empty: none.
    std::string domain = {};
    // Who wants us to go there, where it is neither we ourselves nor the peer at the other end: what a name
    // leads to must be within his reach (may_reach()).
    std::optional<IpAddress> asker = {};

    friend bool operator==(const Flow&, const Flow&) = default;
};

// Of a flow that something came over: the domain its peer has proved by certificate; empty: none.
inline std::string_view proved_domain(const Flow& flow) {
    const bool secure = flow.transport == Transport::tls || flow.transport == Transport::wss;
    return secure ? std::string_view(flow.domain) : std::string_view();
}

// Bytes to send. Reliable transports: over `flow.connection` if it still stands, else over a new connection
// to `flow.remote` (RFC 3261 §18.2.2); UDP: from the socket bound to `flow.local` to `flow.remote`.
struct OutgoingMessage {
    Flow flow;
    std::string bytes;
    // A connection that has to be opened for it must stand within this time; zero: the transport's own limit.
    Duration connect_within{};
};

}  // namespace rotunda::sip
