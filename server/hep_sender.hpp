// Sends SIP messages to a capture server (HEP version 3, HOMER), as they pass: one datagram each, and nobody
// waits for it. Signaling thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "base/net_address.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::server {

class HepSender {
  public:
    // Nowhere: send() does nothing. That there is no socket to send from is said once, and each datagram is
    // lost.
    HepSender(const std::optional<Endpoint>& collector, LogSink& log);

    bool is_on() const { return collector_.has_value(); }
    void send(std::string_view datagram);
    // What the system did not take.
    std::uint64_t lost() const { return lost_; }

  private:
    std::optional<Endpoint> collector_;
    FileDescriptor socket_;
    std::uint64_t lost_ = 0;
};

}  // namespace rotunda::server
