// Asks the DNS for the signaling core: c-ares, its sockets on the event loop. Signaling thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/net_address.hpp"
#include "server/clock.hpp"
#include "server/event_loop.hpp"
#include "signaling/dns.hpp"

namespace rotunda::server {

class DnsClient {
  public:
    // `servers`: port 0 is 53; none: those of the system. on_answer is called once for each question, never
    // from within ask(). Everything referred to outlives the client.
    DnsClient(EventLoop& loop, const Clock& clock, const std::vector<Endpoint>& servers,
              std::function<void(const sip::DnsAnswer&)> on_answer);
    ~DnsClient();

    void ask(const sip::DnsQuestion& question);

  private:
    struct Channel;
    std::unique_ptr<Channel> channel_;
};

}  // namespace rotunda::server
