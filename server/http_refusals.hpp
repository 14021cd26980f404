// What HTTP refuses, told to the operator: a line for the first of a kind, then at most one a minute, which
// says how many there were. Signaling thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/log.hpp"
#include "base/net_address.hpp"
#include "server/clock.hpp"

namespace rotunda::server {

class HttpRefusals {
  public:
    enum class Kind : std::uint8_t {
        token,      // none, or one that is not known
        rate,       // more requests than are answered
        stream,     // as many listen to events as may
        place,      // as many connections as there may be
        slow,       // who neither spoke nor read in time
        malformed,  // what is no request, or too large, or too much behind one
        count
    };

    // Both outlive it.
    HttpRefusals(LogSink& log, const Clock& clock) : log_(log), clock_(clock) {}

    void tell(Kind kind, const IpAddress& from);
    // So often so far.
    std::uint64_t count(Kind kind) const { return tallies_[static_cast<std::size_t>(kind)].total; }

  private:
    struct Tally {
        std::uint64_t total = 0;
        std::uint64_t told = 0;  // of them
        TimePoint next{};        // before then nothing is said
    };

    LogSink& log_;
    const Clock& clock_;
    std::array<Tally, static_cast<std::size_t>(Kind::count)> tallies_;
};

}  // namespace rotunda::server
