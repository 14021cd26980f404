// What the user agent says of itself and the limits it keeps.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "signaling/method.hpp"
#include "signaling/parser.hpp"
#include "signaling/request_router.hpp"
#include "signaling/server_transactions.hpp"
#include "signaling/session_timer.hpp"
#include "signaling/timer_settings.hpp"

namespace rotunda::sip {

// What the user agent handles itself. Allow is made of this list and the owner's, and nothing else: exactly
// what is handled (RFC 3261 §20.5).
inline constexpr std::array handled_methods = {Method::invite,  Method::ack,  Method::bye,    Method::cancel,
                                               Method::options, Method::info, Method::update, Method::prack};

// Values of Allow, Supported, Accept and Allow-Events.
struct CapabilityTexts {
    std::string allow, supported, accept, allow_events;
};

struct UserAgentSettings {
    std::string product;  // User-Agent and Server; empty: neither is sent
    // Server too: whoever asks learns from it which attacks are worth his while (RFC 3261 §20.35).
    bool product_in_responses = false;
    bool isfocus = true;  // Contact says ;isfocus (RFC 4579); off for peers it breaks (interop rule 13)
    // Option tags of Supported, and the only ones Require may name.
    std::vector<std::string> supported = {"timer", "100rel"};
    std::vector<std::string> accept = {"application/sdp", "multipart/mixed"};

    // Further methods, which reach the owner as RequestReceived or DialogRequestReceived and are answered by
    // him.
    std::vector<Method::Id> owner_methods;
    // The event packages he is the notifier of, for Allow-Events (RFC 6665 §4.4.4); empty: none.
    std::vector<std::string> event_packages;

    std::size_t max_sessions = 20000;  // beyond: 503 with Retry-After
    std::uint32_t retry_after_s = 5;   // in that 503
    // A call rings no longer, in either direction; an INVITE's own Expires may be shorter.
    Duration ring_limit = std::chrono::minutes(3);
    // A dialog somebody holds outlives its call no longer (RFC 5057 §3).
    Duration hold_limit = std::chrono::hours(1);
    SessionTimerSettings session_timer;

    ParseLimits parse;  // of datagrams: streams have limits of their own
    TimerSettings timers;
    ServerTransactionLimits transaction_limits;
    RouterSettings router;

    // What the lists above are in header fields, written once by the user agent; none: they are written each
    // time.
    std::optional<CapabilityTexts> texts = std::nullopt;
};

}  // namespace rotunda::sip
