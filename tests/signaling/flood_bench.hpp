// Who writes to the flood guard, and what, in virtual time.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "signaling/flood_guard.hpp"

namespace rotunda::sip {

using namespace std::chrono_literals;

inline constexpr TimePoint start = TimePoint{} + 1000s;
inline const KeyedHash key(1, 2);

inline Flow from(const std::string& address, std::uint16_t port = 5060,
                 Transport transport = Transport::udp) {
    Flow flow;
    flow.transport = transport;
    flow.remote = {*IpAddress::parse(address), port};
    return flow;
}

inline RequestSketch request(std::string_view method, std::string_view agent = {}) {
    RequestSketch out;
    out.method = method;
    out.user_agent = agent;
    out.bytes = 400;
    return out;
}

inline int passed(FloodGuard& guard, const Flow& flow, int count, TimePoint now,
                  std::string_view method = "INVITE") {
    int out = 0;
    for (int n = 0; n < count; ++n) out += guard.admit(request(method), flow, now) == Admission::pass ? 1 : 0;
    return out;
}

inline FloodSettings settings() {
    FloodSettings out;
    out.local = {*IpPrefix::parse("10.0.0.0/8")};
    return out;
}

using By = FlowProof::By;

}  // namespace rotunda::sip
