// Sends SIP messages to a capture server (HEP version 3, HOMER), as they pass: one datagram each, and nobody
// waits for it. Signaling thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/net_address.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::server {

class HepSender {
  public:
    // Nowhere: send() does nothing.
    explicit HepSender(const std::optional<Endpoint>& collector);

    bool is_on() const { return static_cast<bool>(socket_); }
    void send(std::string_view datagram);
    // What the system did not take.
    std::uint64_t lost() const { return lost_; }

  private:
    Endpoint collector_;
    FileDescriptor socket_;
    std::uint64_t lost_ = 0;
};

}  // namespace rotunda::server
