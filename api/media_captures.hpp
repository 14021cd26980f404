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
#include "media/media_transport.hpp"
#include "media/packet_capture.hpp"

namespace rotunda::api {

inline constexpr Duration longest_capture = std::chrono::minutes(10);
inline constexpr std::size_t largest_capture = 16u << 20;  // octets, of sound and of picture

class MediaCaptures {
  public:
    struct Stream {
        Endpoint local;  // our RTP address
        std::vector<media::CapturedPacket> packets;
    };
    struct Capture {
        std::string call_id;
        Stream sound, picture;
    };
    // Whatever was kept of this call is gone. `sound`, `picture`: our RTP addresses.
    void begin(std::string call_id, const Endpoint& sound, const Endpoint& picture);
    void add(std::string_view call_id, media::MediaTraffic stream,
             std::vector<media::CapturedPacket> packets);
    // Null: nothing is kept of it.
    const Capture* find(std::string_view call_id) const;

  private:
    std::list<Capture> captures_;  // the latest in front
};

}  // namespace rotunda::api
