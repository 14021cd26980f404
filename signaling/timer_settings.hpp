// The base values of every SIP timer (RFC 3261 §17.1.1.1 and Appendix A table 4).
#pragma once

#include "base/time.hpp"

namespace rotunda::sip {

struct TimerSettings {
    Duration t1 = std::chrono::milliseconds(500);  // estimate of the round trip
    Duration t2 = std::chrono::seconds(4);  // longest interval between retransmissions, except of an INVITE
    Duration t4 = std::chrono::seconds(5);  // longest life of a message in the network

    // Timers B, F, H, J, L and M, and D: its "at least 32 seconds" is 64*T1 with the default T1 (§17.1.1.2).
    constexpr Duration transaction_lifetime() const { return 64 * t1; }

    // How long a client's Timer E takes until it is reset to T2: 3.5 s with the defaults. Until then a 100 to
    // a non-INVITE request does harm, afterwards it helps (RFC 4320 §4.1).
    constexpr Duration until_timer_e_is_t2() const {
        Duration elapsed{};
        for (Duration interval = t1; interval < t2; interval *= 2) elapsed += interval;
        return elapsed;
    }
};

// The server transaction answers an INVITE with 100 if its user has not answered by then (RFC 3261 §17.2.1).
inline constexpr Duration trying_delay = std::chrono::milliseconds(200);

}  // namespace rotunda::sip
