// What operators had captured of calls' media, for a while: at most eight calls, the one begun first going
// first. Signaling thread.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.hpp"
#include "base/time.hpp"
#include "media/packet_capture.hpp"

namespace rotunda::api {

inline constexpr Duration longest_capture = std::chrono::minutes(10);
inline constexpr std::size_t largest_capture = 16u << 20;  // octets

class MediaCaptures {
  public:
    struct Capture {
        std::string call_id;
        Endpoint local;  // our RTP address
        bool is_over = false;
        std::vector<media::CapturedPacket> packets;
    };
    // Whatever was kept of this call is gone.
    void begin(std::string call_id, const Endpoint& local);
    void add(std::string_view call_id, std::vector<media::CapturedPacket> packets, bool last);
    // Null: nothing is kept of it.
    const Capture* find(std::string_view call_id) const;

  private:
    std::list<Capture> captures_;  // the latest in front
};

}  // namespace rotunda::api
