// What the transaction layer has seen since the start; only ever grows.
#pragma once

#include <cstdint>

namespace rotunda::sip {

struct TransactionCounters {
    std::uint64_t requests = 0;              // passed up, ACK and CANCEL not counted
    std::uint64_t retransmissions = 0;       // requests and final responses absorbed by a transaction
    std::uint64_t merged_requests = 0;       // answered with 482
    std::uint64_t unmatched_cancels = 0;     // answered with 481
    std::uint64_t refused_overload = 0;      // answered with 503, too many server transactions
    std::uint64_t stray_responses = 0;       // dropped: no client transaction
    std::uint64_t foreign_responses = 0;     // dropped: the Via is not ours
    std::uint64_t incomplete_messages = 0;   // dropped: no Via, Call-ID, CSeq or From to match by
    std::uint64_t unsendable_responses = 0;  // from the TU, but the state or RFC 4320 forbids them
    std::uint64_t timeouts = 0;              // transactions that failed so
    std::uint64_t transport_errors = 0;      // transactions that failed so
};

}  // namespace rotunda::sip
