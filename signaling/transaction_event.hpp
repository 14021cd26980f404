// What the transaction layer tells the transaction user (TU): the user agent above it.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/strong_id.hpp"
#include "signaling/flow.hpp"
#include "signaling/identity.hpp"
#include "signaling/message.hpp"
#include "signaling/resolver.hpp"

namespace rotunda::sip {

using ServerTransactionId = StrongId<struct ServerTransactionTag>;
using ClientTransactionId = StrongId<struct ClientTransactionTag>;

enum class TransactionFailure : std::uint8_t {
    timeout,    // client: treat as 408 (RFC 3261 §8.1.3.1); server: no ACK came for a final response, or no
                // answer was given
    transport,  // client: treat as 503 (§8.1.3.1); server: a response could not be sent
};

// A new request, never a retransmission. The top Via carries received and rport already. Answer with
// respond(). Who sent it is the guard's word (request_guard.hpp), which the user agent adds.
struct RequestReceived {
    ServerTransactionId transaction;
    SipMessage request;
    Flow flow;
    Identity identity{};
};

// An ACK for a 2xx, or for nothing known here: match it by dialog, drop it where there is none. Never to be
// answered.
struct AckReceived {
    SipMessage ack;
    Flow flow;
};

// The peer wants this INVITE canceled, and it has no final response yet: answer the INVITE with 487. The
// CANCEL itself has been answered.
struct CancelReceived {
    ServerTransactionId invite;
    SipMessage cancel;
};

// A response to a request of ours. Several provisional ones may come, then one final; to an INVITE several
// 2xx (retransmitted, or forked with other To tags), each to be acknowledged with send_ack().
struct ResponseReceived {
    ClientTransactionId transaction;
    SipMessage response;
    Flow flow;
    std::optional<Flow> target{};  // where the request went, if this comes from there (is_from())
};

// A 2xx to an INVITE whose transaction is gone (RFC 3261 §13.2.2.4): match it by dialog and acknowledge it,
// or drop it.
struct StrayInviteSuccess {
    SipMessage response;
    Flow flow;
};

// Never after a final response, and no response follows.
struct ClientTransactionFailed {
    ClientTransactionId transaction;
    TransactionFailure failure = TransactionFailure::timeout;
};

// Said at most once. After transport the transaction lives on (RFC 6026 §8.8): a retransmission may still get
// through.
struct ServerTransactionFailed {
    ServerTransactionId transaction;
    TransactionFailure failure = TransactionFailure::timeout;
};

// The last word on this id; the transaction is gone. An INVITE answered with 2xx ends 64*T1 later.
struct ClientTransactionEnded {
    ClientTransactionId transaction;
};
struct ServerTransactionEnded {
    ServerTransactionId transaction;
};

// What find_way() was asked for: the best way there is now, none if the name leads nowhere.
struct WayFound {
    LookupId lookup;
    std::optional<Flow> flow;
};

using TransactionEvent = std::variant<RequestReceived, AckReceived, CancelReceived, ResponseReceived,
                                      StrayInviteSuccess, ClientTransactionFailed, ServerTransactionFailed,
                                      ClientTransactionEnded, ServerTransactionEnded, WayFound>;

}  // namespace rotunda::sip
