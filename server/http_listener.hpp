// Serves HTTP on one address. Signaling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "base/leaky_bucket.hpp"
#include "base/net_address.hpp"
#include "base/result.hpp"
#include "server/http_connection.hpp"
#include "server/http_refusals.hpp"

namespace rotunda::server {

class HttpListener {
  public:
    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t displaced = 0;  // ended while silent, for somebody who came
        std::uint64_t requests = 0;
    };

    // Whoever asks shows a token that is known, or needs none.
    using Knows = std::function<bool(const api::HttpRequest& request)>;

    // Everything referred to outlives the listener. Without `knows` everybody is known.
    HttpListener(EventLoop& loop, const Clock& clock, const api::EventHistory& history, LogSink& log,
                 HttpConnection::Answer answer, const HttpConnectionLimits& limits = {}, Knows knows = {});

    // The address bound to (port 0: any free one), or errno.
    Result<Endpoint, int> listen(const Endpoint& local);
    // There is something new in the history: those who stream it get it soon, with what follows at once.
    void push_events();
    // The same, and at once; false: somebody has to take some first.
    bool push_last_events();
    const Counters& counters() const { return counters_; }
    const HttpRefusals& refusals() const { return refusals_; }
    std::size_t connections() const { return connections_.size(); }

  private:
    void accept_some();
    void rest_after(int error);
    void admit(FileDescriptor fd, const IpAddress& from);
    bool make_place();
    void sweep();
    // He may be answered, by the measure for such requests and such people.
    bool may_ask(const api::HttpRequest& request, const IpAddress& from);
    api::HttpResponse answer(const api::HttpRequest& request, const IpAddress& from);
    bool is_one_stream_too_many(const api::HttpRequest& request, const api::HttpResponse& response) const;

    EventLoop& loop_;
    const Clock& clock_;
    const api::EventHistory& history_;
    HttpConnection::Answer answer_;
    const HttpConnectionLimits limits_;
    const Knows knows_;
    std::unique_ptr<LoopSocket> socket_;
    std::list<HttpConnection> connections_;
    LoopTimer sweeper_;  // ended connections may still be on the call stack
    LoopTimer accept_again_;
    LoopTimer pusher_;
    bool push_due_ = false;
    // Over all connections: an operator's script in a loop takes no time from calls. Who watches over the
    // server has a measure of his own, so that he is not refused because others ask too much, and so have
    // operators because of who shows no token or tries made-up ones.
    struct Measures {
        LeakyBucket asked, watched;
    } known_, unknown_;
    LeakyBucket watched_from_here_;  // without a token: what strangers ask takes no place from a health check
    Counters counters_;
    HttpRefusals refusals_;
};

}  // namespace rotunda::server
