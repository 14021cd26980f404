// The packet index of one SSRC and which packets of it have been seen (RFC 3711 §3.3.1, §3.3.2).
#pragma once

#include <bitset>
#include <cstdint>

namespace rotunda::rtp {

// What has come in is remembered so far back; older packets are refused unseen.
class ReplayWindow {
  public:
    static constexpr std::uint64_t length = 128;

    // Not seen before, and not too old to know.
    bool is_fresh(std::uint64_t index) const;
    // Only what is fresh and authentic.
    void mark(std::uint64_t index);

    // As if all up to here had been seen.
    void begin_behind(std::uint64_t index);

    bool empty() const { return !any_; }
    // Of all that were marked.
    std::uint64_t highest() const { return highest_; }

  private:
    bool any_ = false;
    std::uint64_t highest_ = 0;
    std::bitset<length> seen_;  // bit n: highest_ - n
};

// The 48-bit index a sequence number most likely stands for, given the highest index so far (RFC 3711
// §3.3.1).
std::uint64_t estimate_srtp_index(std::uint16_t sequence, std::uint64_t highest);

}  // namespace rotunda::rtp
