// One HTTP connection: requests in, answers out, in order and within bounds. Signaling thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/http_reader.hpp"
#include "base/time.hpp"
#include "server/clock.hpp"
#include "server/event_loop.hpp"

namespace rotunda::server {

struct HttpConnectionLimits {
    Duration request = std::chrono::seconds(10);  // from a request's first octet to its last
    Duration idle = std::chrono::seconds(60);     // between requests, and for the first one
    Duration drain = std::chrono::seconds(20);    // an answer must be taken within this time
};

class HttpConnection {
  public:
    using Answer = std::function<api::HttpResponse(const api::HttpRequest&)>;

    // Everything referred to outlives the connection. `on_end` is the last call and may destroy nothing yet.
    HttpConnection(EventLoop& loop, const Clock& clock, const HttpConnectionLimits& limits, FileDescriptor fd,
                   Answer answer, std::function<void()> on_end);

    void start();
    bool ended() const { return ended_; }

  private:
    void read_some();
    void answer_all();
    void send(const std::string& bytes, bool keep_open);
    void flush();
    void rearm();
    void end();

    const Clock& clock_;
    const HttpConnectionLimits& limits_;
    Answer answer_;
    std::function<void()> on_end_;
    LoopSocket socket_;
    LoopTimer deadline_;
    api::HttpReader reader_;
    std::string output_;
    bool closing_ = false;  // ends as soon as the output is gone
    bool ended_ = false;
};

}  // namespace rotunda::server
