// What one leg sends and receives, as it is without its encryption, for who has to find out why it sounds the
// way it does. Switched on by an operator, bounded, and off by default.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/net_address.hpp"
#include "base/time.hpp"

namespace rotunda::media {

struct CapturedPacket {
    TimePoint at;
    bool inbound = false;
    Endpoint peer;
    std::vector<std::uint8_t> bytes;  // RTP or RTCP
};

// Used by one media worker. Takes from the heap for every packet, which is why it ends by itself.
class PacketCapture {
  public:
    PacketCapture(std::size_t octets, TimePoint until) : left_(octets), until_(until) {}

    void add(TimePoint at, bool inbound, const Endpoint& peer, Bytes packet) {
        if (at >= until_ || packet.size() > left_) {
            left_ = 0;
            return;
        }
        left_ -= packet.size();
        packets_.push_back({at, inbound, peer, {packet.begin(), packet.end()}});
    }
    bool is_over(TimePoint now) const { return left_ == 0 || now >= until_; }
    std::size_t size() const { return packets_.size(); }  // since take()
    std::vector<CapturedPacket> take() { return std::exchange(packets_, {}); }

  private:
    std::size_t left_;
    TimePoint until_;
    std::vector<CapturedPacket> packets_;
};

}  // namespace rotunda::media
