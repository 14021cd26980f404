// Serves HTTP on one address. Signaling thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "base/net_address.hpp"
#include "base/result.hpp"
#include "server/http_connection.hpp"

namespace rotunda::server {

class HttpListener {
  public:
    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t refused = 0;  // more than `connections` at once
        std::uint64_t requests = 0;
        std::uint64_t limited = 0;  // answered 429
    };

    // Everything referred to outlives the listener.
    HttpListener(EventLoop& loop, const Clock& clock, const api::EventHistory& history,
                 HttpConnection::Answer answer);

    // The address bound to (port 0: any free one), or errno.
    Result<Endpoint, int> listen(const Endpoint& local);
    // There is something new in the history: those who stream it get it soon, with what follows at once.
    void push_events();
    const Counters& counters() const { return counters_; }
    std::size_t connections() const { return connections_.size(); }

  private:
    void accept_some();
    void rest_after(int error);
    void admit(FileDescriptor fd);
    api::HttpResponse answer(const api::HttpRequest& request);
    bool within_rate();

    EventLoop& loop_;
    const Clock& clock_;
    const api::EventHistory& history_;
    HttpConnection::Answer answer_;
    const HttpConnectionLimits limits_{};
    std::unique_ptr<LoopSocket> socket_;
    std::list<HttpConnection> connections_;
    LoopTimer sweeper_;  // ended connections may still be on the call stack
    LoopTimer accept_again_;
    LoopTimer pusher_;
    bool push_due_ = false;
    // A token bucket over all connections: an operator's script in a loop takes no time from calls.
    double allowance_;
    TimePoint refilled_;
    Counters counters_;
};

}  // namespace rotunda::server
