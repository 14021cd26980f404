#include "server/http_listener.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/socket.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t most_connections = 256;
// So many of them may listen to events: who asks after the server's health always finds a place.
constexpr std::size_t most_streams = 192;
// Where all places are taken, who has been answered, has said nothing for so long, or has not come to the end
// of his request in so long gives way, unless he listens to events.
constexpr Duration may_be_silent = std::chrono::seconds(1);
// Those who come while the loop is busy; who finds no place asks again after a second.
constexpr int backlog = 1024;
// Before anybody else has his turn.
constexpr int accepted_at_once = 32;
constexpr Duration out_of_descriptors = std::chrono::seconds(1);
// Events that come close together are written together.
constexpr Duration gathering = std::chrono::milliseconds(20);
constexpr double requests_per_second = 500;
constexpr double burst = 1000;
// Of those who show no token that is known.
constexpr double guesses_per_second = 20;
constexpr double guesses_at_once = 100;
// Of those of them who are elsewhere, for what needs none.
constexpr double looks_per_second = 50;
constexpr double looks_at_once = 200;

api::HttpResponse try_again(int status, std::string_view detail, std::string_view seconds) {
    api::HttpResponse response = api::problem(status, detail);
    response.headers.emplace_back("Retry-After", seconds);
    return response;
}

}  // namespace

HttpListener::HttpListener(EventLoop& loop, const Clock& clock, const api::EventHistory& history,
                           LogSink& log, HttpConnection::Answer answer, const HttpConnectionLimits& limits,
                           Knows knows)
    : loop_(loop),
      clock_(clock),
      history_(history),
      answer_(std::move(answer)),
      limits_(limits),
      knows_(std::move(knows)),
      sweeper_(loop, clock, [this] { sweep(); }),
      accept_again_(loop, clock, [this] { socket_->on_readable([this] { accept_some(); }); }),
      pusher_(loop, clock,
              [this] {
                  push_due_ = false;
                  for (HttpConnection& each : connections_) each.push_events();
              }),
      refusals_(log, clock) {}

Result<Endpoint, int> HttpListener::listen(const Endpoint& local) {
    auto fd = open_socket(SOCK_STREAM, local);
    if (!fd) return fail(fd.error());
    if (::listen(fd->get(), backlog) != 0) return fail(errno);
    const Endpoint bound = local_endpoint(fd->get()).value_or(local);
    socket_ = std::make_unique<LoopSocket>(loop_, std::move(*fd));
    socket_->on_readable([this] { accept_some(); });
    return bound;
}

void HttpListener::accept_some() {
    for (int accepted = 0; accepted < accepted_at_once; ++accepted) {
        SocketAddress from;
        FileDescriptor fd(accept4(socket_->fd(), from.get(), from.fill(), SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) return rest_after(errno);
        admit(std::move(fd), from.endpoint().address);
    }
}

void HttpListener::rest_after(int error) {
    if (error == EAGAIN || error == EINTR || error == ECONNABORTED) return;
    // Out of descriptors: the waiting connection would be announced without end.
    socket_->pause_reading();
    accept_again_.set(clock_.now() + out_of_descriptors);
}

void HttpListener::admit(FileDescriptor fd, const IpAddress& from) {
    if (connections_.size() >= most_connections && !make_place())
        return refusals_.tell(HttpRefusals::Kind::place, from);
    ++counters_.accepted;
    connections_.emplace_back(
        loop_, clock_, limits_, history_, std::move(fd),
        [this, from](const api::HttpRequest& request) { return answer(request, from); },
        [this, from](std::optional<HttpRefusals::Kind> why) {
            if (why) refusals_.tell(*why, from);
            sweeper_.set(clock_.now());
        });
    connections_.back().start();
}

// Nobody here is on the call stack: it is a new connection that came.
bool HttpListener::make_place() {
    const TimePoint latest = clock_.now() - may_be_silent;
    HttpConnection* longest = nullptr;
    for (HttpConnection& each : connections_) {
        if (each.ended() || each.streams()) continue;
        if (!each.at_rest() && each.waiting_since() > latest) continue;
        if (longest && longest->waiting_since() <= each.waiting_since()) continue;
        // Who is at rest no longer is once his next request is read.
        if (!each.at_rest() || !each.has_unread()) longest = &each;
    }
    if (longest) {
        longest->end();
        ++counters_.displaced;
    }
    sweep();
    return connections_.size() < most_connections;
}

void HttpListener::sweep() {
    connections_.remove_if([](const HttpConnection& each) { return each.ended(); });
}

bool HttpListener::may_ask(const api::HttpRequest& request, const IpAddress& from) {
    const bool is_watch =
        request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
    const TimePoint now = clock_.now();
    const bool known = !knows_ || knows_(request);
    if (known) return (is_watch ? known_.watched : known_.asked).take(1, burst, requests_per_second, now);
    if (!is_watch) return unknown_.asked.take(1, guesses_at_once, guesses_per_second, now);
    if (from.is_loopback() && !request.forwarded)
        return watched_from_here_.take(1, burst, requests_per_second, now);
    return unknown_.watched.take(1, looks_at_once, looks_per_second, now);
}

api::HttpResponse HttpListener::answer(const api::HttpRequest& request, const IpAddress& from) {
    ++counters_.requests;
    if (!may_ask(request, from)) {
        refusals_.tell(HttpRefusals::Kind::rate, from);
        return try_again(429, "Too many requests: try again in a second.", "1");
    }
    api::HttpResponse response = answer_(request);
    if (response.status == 401) refusals_.tell(HttpRefusals::Kind::token, from);
    if (!is_one_stream_too_many(request, response)) return response;
    refusals_.tell(HttpRefusals::Kind::stream, from);
    response = try_again(503, "As many programs listen to events as may at once.", "10");
    response.last = true;
    return response;
}

bool HttpListener::is_one_stream_too_many(const api::HttpRequest& request,
                                          const api::HttpResponse& response) const {
    if (!response.events_after || request.method == "HEAD") return false;
    const auto streams = std::count_if(connections_.begin(), connections_.end(),
                                       [](const HttpConnection& each) { return each.streams(); });
    return static_cast<std::size_t>(streams) >= most_streams;
}

void HttpListener::push_events() {
    if (connections_.empty() || std::exchange(push_due_, true)) return;
    pusher_.set(clock_.now() + gathering);
}

bool HttpListener::push_last_events() {
    for (HttpConnection& each : connections_) each.push_events();
    return std::ranges::none_of(connections_, &HttpConnection::has_untold);
}

}  // namespace rotunda::server
