// One HTTP connection: requests in, answers out, in order and within bounds; or, once a stream of events was
// asked for, those as they happen, at the pace at which the client takes them. Signaling thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/event_history.hpp"
#include "api/http_reader.hpp"
#include "base/time.hpp"
#include "server/clock.hpp"
#include "server/event_loop.hpp"
#include "server/http_refusals.hpp"
#include "server/web_socket.hpp"

namespace rotunda::server {

struct HttpConnectionLimits {
    Duration request = std::chrono::seconds(10);    // from a request's first octet to its last
    Duration idle = std::chrono::seconds(60);       // between requests, and for the first one
    Duration drain = std::chrono::seconds(20);      // an answer must be taken within this time
    Duration heartbeat = std::chrono::seconds(15);  // in a stream of events where nothing happens
};

class HttpConnection {
  public:
    // Why it was ended, where that was for what the client did.
    using OnEnd = std::function<void(std::optional<HttpRefusals::Kind>)>;
    using Answer = std::function<api::HttpResponse(const api::HttpRequest&)>;

    // Everything referred to outlives the connection. `on_end` is the last call and may destroy nothing yet.
    HttpConnection(EventLoop& loop, const Clock& clock, const HttpConnectionLimits& limits,
                   const api::EventHistory& history, FileDescriptor fd, Answer answer, OnEnd on_end);

    void start();
    // There is something new in the history.
    void push_events();
    // It listens to events and has not been sent all there were.
    bool has_untold() const { return streams() && (!output_.empty() || *streamed_ < history_.last()); }
    bool ended() const { return ended_; }
    // It is a stream of events.
    bool streams() const { return !ended_ && streamed_.has_value(); }
    // It has been answered all it asked.
    bool at_rest() const { return answered_ && output_.empty() && !reader_.mid_request(); }
    // The next request has come and was not read yet.
    bool has_unread() const;
    // Since then its request is not whole, or else nothing has come from the client and nothing gone to it.
    TimePoint waiting_since() const { return request_begun_.value_or(silent_since_); }
    void end(std::optional<HttpRefusals::Kind> why = std::nullopt);

  private:
    void read_some();
    void read_web_socket(std::string_view bytes);
    void open_web_socket(const api::HttpRequest& request, std::uint64_t after);
    std::string next_events();
    void answer_all();
    void answer_one(const api::HttpRequest& request);
    void send(std::string_view bytes);
    void flush();
    void await_writable();
    void on_output_gone();
    void on_deadline();
    void note_request();
    void rearm();

    const Clock& clock_;
    const HttpConnectionLimits& limits_;
    const api::EventHistory& history_;
    Answer answer_;
    OnEnd on_end_;
    LoopSocket socket_;
    LoopTimer deadline_;
    api::HttpReader reader_;
    std::string output_;
    std::optional<WebSocket> web_socket_;    // events go out by it
    std::optional<std::uint64_t> streamed_;  // events up to here are sent or in the output
    TimePoint silent_since_;
    std::optional<TimePoint> request_begun_;  // the one that is not whole yet
    bool answered_ = false;
    bool malformed_ = false;  // what came
    bool closing_ = false;    // ends as soon as the output is gone
    bool ended_ = false;
};

}  // namespace rotunda::server
