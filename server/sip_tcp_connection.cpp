#include "server/sip_tcp_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "server/socket.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t read_size = 16'384;
// Then other sockets and timers have their turn.
constexpr int reads_in_a_row = 8;

}  // namespace

std::string_view to_string(SipTcpEnd end) {
    constexpr std::string_view names[] = {"tcp_closed_by_peer", "tcp_connect_failed", "tcp_silent",
                                          "tcp_half_message",   "tcp_not_reading",    "tcp_idle",
                                          "tcp_bad_stream",     "tcp_network_error",  "tcp_no_memory"};
    return names[static_cast<std::size_t>(end)];
}

SipTcpConnection::SipTcpConnection(EventLoop& loop, const Clock& clock, const SipTcpLimits& limits,
                                   Owner& owner, FileDescriptor fd, const sip::Flow& flow, bool connecting)
    : clock_(clock),
      limits_(limits),
      owner_(owner),
      flow_(flow),
      socket_(loop, std::move(fd)),
      connecting_(connecting),
      proven_(connecting),
      opened_(clock.now()),
      connect_until_(opened_ + limits.connect),
      last_activity_(opened_),
      last_message_(opened_) {}

void SipTcpConnection::start() {
    if (connecting_)
        socket_.once_writable([this] { on_connected(); });
    else
        socket_.on_readable([this] { read_some(); });
}

void SipTcpConnection::on_connected() {
    if (ended_) return;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return end(SipTcpEnd::connect_failed);
    connecting_ = false;
    last_activity_ = clock_.now();
    socket_.on_readable([this] { read_some(); });
    flush();
    if (!ended_) owner_.on_progress(*this);
}

void SipTcpConnection::read_some() {
    for (int i = 0; i < reads_in_a_row && read_once(); ++i) {
    }
    if (!ended_) owner_.on_progress(*this);
}

bool SipTcpConnection::read_once() {
    if (ended_ || closing_) return false;
    std::array<char, read_size> buffer;
    const ssize_t size = recv(socket_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR) end(SipTcpEnd::network_error);
        return errno == EINTR;
    }
    if (size == 0) {
        end(SipTcpEnd::closed_by_peer);
        return false;
    }
    last_activity_ = clock_.now();
    framer_.feed({buffer.data(), static_cast<std::size_t>(size)});
    take_events();
    return !ended_ && !closing_;
}

void SipTcpConnection::take_events() {
    while (auto event = framer_.next()) {
        message_begun_.reset();
        if (event->kind == sip::StreamEvent::Kind::ping) {
            send("\r\n");  // RFC 5626 §4.4.1
        } else {
            proven_ = proven_ || event->message.ok();
            last_message_ = last_activity_;
            closing_ = event->kind == sip::StreamEvent::Kind::failed;
            owner_.on_message(*this, std::move(event->message));
        }
        if (ended_) return;
        if (closing_) {
            socket_.pause_reading();
            if (output_.empty()) end(SipTcpEnd::bad_stream);
            return;
        }
    }
    if (!framer_.mid_message())
        message_begun_.reset();
    else if (!message_begun_)
        message_begun_ = last_activity_;
}

void SipTcpConnection::send(std::string_view bytes) {
    if (ended_) return;
    if (output_.size() + bytes.size() > limits_.pending_output) return end(SipTcpEnd::not_reading);
    const bool waiting = !output_.empty();
    output_ += bytes;
    if (!output_since_) output_since_ = clock_.now();
    if (!waiting && !connecting_) flush();
}

void SipTcpConnection::connect_within(Duration limit) {
    if (limit > Duration{}) connect_until_ = std::min(connect_until_, clock_.now() + limit);
}

void SipTcpConnection::flush() {
    std::size_t sent = 0;
    while (sent < output_.size()) {
        const ssize_t size =
            ::send(socket_.fd(), output_.data() + sent, output_.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno != EAGAIN) return end(SipTcpEnd::network_error);
        if (size < 0) break;
        sent += static_cast<std::size_t>(size);
    }
    output_.erase(0, sent);
    last_activity_ = clock_.now();
    if (!output_.empty()) return await_writable();
    if (output_.capacity() > read_size) std::string().swap(output_);  // a rare message set this size
    output_since_.reset();
    if (closing_) end(SipTcpEnd::bad_stream);
}

void SipTcpConnection::await_writable() {
    socket_.once_writable([this] {
        if (ended_) return;
        flush();
        if (!ended_) owner_.on_progress(*this);
    });
}

TimePoint SipTcpConnection::deadline() const {
    if (connecting_) return connect_until_;
    TimePoint at = last_activity_ + limits_.idle;
    if (!proven_) at = std::min(at, opened_ + limits_.first_message);
    if (message_begun_) at = std::min(at, *message_begun_ + limits_.half_message);
    if (output_since_) at = std::min(at, *output_since_ + limits_.drain);
    return at;
}

void SipTcpConnection::on_timeout() {
    const TimePoint now = clock_.now();
    if (ended_ || now < deadline()) return;
    if (connecting_) return end(SipTcpEnd::connect_failed);
    if (output_since_ && now >= *output_since_ + limits_.drain) return end(SipTcpEnd::not_reading);
    if (message_begun_ && now >= *message_begun_ + limits_.half_message) return end(SipTcpEnd::half_message);
    if (!proven_ && now >= opened_ + limits_.first_message) return end(SipTcpEnd::silent);
    end(SipTcpEnd::idle);
}

void SipTcpConnection::end(SipTcpEnd why) {
    if (ended_) return;
    ended_ = true;
    socket_.pause_reading();
    owner_.on_end(*this, why);
}

}  // namespace rotunda::server
