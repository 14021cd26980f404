// When something is to be sent so that the way a registrar has to us stays open, through the NATs and
// firewalls on it (RFC 5626 §4.4). Sans-IO and without messages.
//
// What is sent is CRLF CRLF, over UDP too: a STUN Binding (§4.4.2) is for registrars that serve outbound,
// which over UDP we do not ask for, and others take it for a broken SIP message; an empty datagram every
// server ignores.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"
#include "signaling/flow.hpp"

namespace rotunda::rooms {

// To be sent now, as it is.
struct KeepAlive {
    static constexpr std::string_view octets = "\r\n\r\n";

    sip::Flow flow;
    // The registrar has said that it answers (§4.4.1): a connection over which nothing comes within ten
    // seconds is to be given up.
    bool pong_due = false;
};

class FlowKeepAlive {
  public:
    // `random` outlives it.
    explicit FlowKeepAlive(RandomSource& random) : random_(random) {}

    // From now on. `asked`: the registrar's Flow-Timer, by which something must have come.
    void start(bool is_stream, std::optional<std::chrono::seconds> asked, TimePoint now);
    void stop() { due_.reset(); }
    // True once whenever next_timeout() has come.
    bool take_due(TimePoint now);
    std::optional<TimePoint> next_timeout() const { return due_; }

  private:
    void wait(TimePoint now);

    RandomSource& random_;
    Duration within_{};
    std::optional<TimePoint> due_;
};

}  // namespace rotunda::rooms
