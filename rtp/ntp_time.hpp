// NTP time stamps as RTCP carries them (RFC 3550 §4).
#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace rotunda::rtp {

// 32.32 fixed point seconds since 1900-01-01 UTC; wraps in 2036, as the RFC allows.
std::uint64_t to_ntp(TimePoint t, WallOffset offset);

// The middle 32 bits: 16.16 seconds, what LSR carries.
constexpr std::uint32_t ntp_middle(std::uint64_t ntp) {
    return static_cast<std::uint32_t>(ntp >> 16);
}

// 16.16 fixed point seconds, as DLSR; from 0 to 65535 s, saturated.
std::uint32_t to_ntp_short(Duration d);
Duration from_ntp_short(std::uint32_t seconds_16_16);

}  // namespace rotunda::rtp
