// Digits to telephone-event payloads (RFC 4733 §2.5), one packet for each frame of the stream they go with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace rotunda::rtp {

inline constexpr std::size_t dtmf_payload_size = 4;

// 0-15 of RFC 4733 §3.2; nullopt: no key has this sign. Lower case letters are taken too.
std::optional<std::uint8_t> dtmf_code(char digit);

// One per string of digits; used by one media worker, no heap but the digits themselves.
class DtmfSender {
  public:
    struct Packet {
        std::array<std::uint8_t, dtmf_payload_size> payload;
        bool begins = false;  // the event's first: marker bit, and a time stamp for all its packets
    };

    // `clock_hz`: of the stream. Signs that are no keys are left out; each key lasts 100 ms, with 80 ms of
    // nothing before the next one.
    DtmfSender(std::string_view digits, int clock_hz);
    // After those that are left. Of more than 256 the last are lost.
    void add(std::string_view digits);

    bool is_done() const { return at_ == digits_.size(); }
    // What takes the place of the stream's next frame, which lasts `frame`; nullopt: between two keys.
    std::optional<Packet> next(Duration frame);

  private:
    std::string digits_;
    std::size_t at_ = 0;
    int clock_hz_;
    Duration pressed_{};  // so long the present key has been told
    int ends_ = 0;        // end packets of it so far
    Duration pause_{};    // that is left
};

}  // namespace rotunda::rtp
