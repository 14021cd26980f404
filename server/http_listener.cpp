#include "server/http_listener.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/socket.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t most_connections = 256;
// Those who come while the loop is busy; who finds no place asks again after a second.
constexpr int backlog = 1024;
// Before anybody else has his turn.
constexpr int accepted_at_once = 32;
constexpr Duration out_of_descriptors = std::chrono::seconds(1);
// Events that come close together are written together.
constexpr Duration gathering = std::chrono::milliseconds(20);
constexpr double requests_per_second = 500;
constexpr double burst = 1000;

}  // namespace

HttpListener::HttpListener(EventLoop& loop, const Clock& clock, const api::EventHistory& history,
                           HttpConnection::Answer answer)
    : loop_(loop),
      clock_(clock),
      history_(history),
      answer_(std::move(answer)),
      sweeper_(loop, clock,
               [this] { connections_.remove_if([](const auto& each) { return each.ended(); }); }),
      accept_again_(loop, clock, [this] { socket_->on_readable([this] { accept_some(); }); }),
      pusher_(loop, clock,
              [this] {
                  push_due_ = false;
                  for (HttpConnection& each : connections_) each.push_events();
              }),
      allowance_(burst),
      refilled_(clock.now()) {}

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
        FileDescriptor fd(accept4(socket_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) return rest_after(errno);
        admit(std::move(fd));
    }
}

void HttpListener::rest_after(int error) {
    if (error == EAGAIN || error == EINTR || error == ECONNABORTED) return;
    // Out of descriptors: the waiting connection would be announced without end.
    socket_->pause_reading();
    accept_again_.set(clock_.now() + out_of_descriptors);
}

void HttpListener::admit(FileDescriptor fd) {
    if (connections_.size() >= most_connections) {
        ++counters_.refused;
        return;
    }
    ++counters_.accepted;
    connections_.emplace_back(
        loop_, clock_, limits_, history_, std::move(fd),
        [this](const api::HttpRequest& request) { return answer(request); },
        [this] { sweeper_.set(clock_.now()); });
    connections_.back().start();
}

api::HttpResponse HttpListener::answer(const api::HttpRequest& request) {
    ++counters_.requests;
    // Whoever watches over the server is not refused because others ask too much.
    const bool is_watch =
        request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
    if (is_watch || within_rate()) return answer_(request);
    ++counters_.limited;
    api::HttpResponse response = api::problem(429, "Too many requests: try again in a second.");
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

void HttpListener::push_events() {
    if (connections_.empty() || std::exchange(push_due_, true)) return;
    pusher_.set(clock_.now() + gathering);
}

bool HttpListener::within_rate() {
    const TimePoint now = clock_.now();
    allowance_ = std::min(burst, allowance_ + requests_per_second * to_ms(now - refilled_) / 1000);
    refilled_ = now;
    if (allowance_ < 1) return false;
    allowance_ -= 1;
    return true;
}

}  // namespace rotunda::server
