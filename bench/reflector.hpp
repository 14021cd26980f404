// The floor: a process that does what no conference server can do without, and nothing else. A socket for
// each caller, a 20 ms tick, and for each socket one recvfrom and one sendto a tick, in one thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "base/net_address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace rotunda::bench {

class Reflector {
  public:
    // Starts the process; call it while this one has a single thread. `ptime` is its tick.
    static Result<Reflector> start(const IpAddress& local, std::size_t sockets, Duration ptime);
    Reflector(Reflector&& other) noexcept;
    Reflector& operator=(Reflector&&) = delete;
    ~Reflector();

    pid_t pid() const { return pid_; }
    const std::vector<Endpoint>& endpoints() const { return endpoints_; }

  private:
    Reflector(pid_t pid, std::vector<Endpoint> endpoints) : pid_(pid), endpoints_(std::move(endpoints)) {}

    pid_t pid_ = 0;
    std::vector<Endpoint> endpoints_;
};

}  // namespace rotunda::bench
