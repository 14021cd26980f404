#include "server/http_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace rotunda::server {

HttpConnection::HttpConnection(EventLoop& loop, const Clock& clock, const HttpConnectionLimits& limits,
                               FileDescriptor fd, Answer answer, std::function<void()> on_end)
    : clock_(clock),
      limits_(limits),
      answer_(std::move(answer)),
      on_end_(std::move(on_end)),
      socket_(loop, std::move(fd)),
      deadline_(loop, clock, [this] { end(); }) {}

void HttpConnection::start() {
    rearm();
    socket_.on_readable([this] { read_some(); });
}

void HttpConnection::read_some() {
    if (ended_ || closing_ || !output_.empty()) return;
    std::array<char, 16'384> buffer;
    const ssize_t size = recv(socket_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return end();
    if (!reader_.feed({buffer.data(), static_cast<std::size_t>(size)})) return end();
    answer_all();
}

// The next request waits until the answer before it has been taken: a client that does not read asks nothing.
void HttpConnection::answer_all() {
    while (!ended_ && !closing_ && output_.empty()) {
        auto request = reader_.next();
        if (!request) break;
        if (!request->ok()) {
            send(to_wire(api::problem(request->error(), "This is not a request that can be read."), false,
                         false),
                 false);
            break;
        }
        const api::HttpRequest& asked = **request;
        send(to_wire(answer_(asked), asked.method == "HEAD", asked.keep_alive), asked.keep_alive);
    }
    if (!ended_) rearm();
}

void HttpConnection::send(const std::string& bytes, bool keep_open) {
    closing_ = !keep_open;
    output_ += bytes;
    flush();
}

void HttpConnection::flush() {
    while (!output_.empty()) {
        const ssize_t size =
            ::send(socket_.fd(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno != EAGAIN) return end();
        if (size < 0) {
            socket_.pause_reading();
            return socket_.once_writable([this] {
                if (ended_) return;
                flush();
                if (ended_ || !output_.empty()) return;
                socket_.on_readable([this] { read_some(); });
                answer_all();
            });
        }
        output_.erase(0, static_cast<std::size_t>(size));
    }
    if (closing_) end();
}

void HttpConnection::rearm() {
    const Duration patience = !output_.empty()        ? limits_.drain
                              : reader_.mid_request() ? limits_.request
                                                      : limits_.idle;
    deadline_.set(clock_.now() + patience);
}

void HttpConnection::end() {
    if (ended_) return;
    ended_ = true;
    socket_.pause_reading();
    deadline_.set(std::nullopt);
    on_end_();
}

}  // namespace rotunda::server
