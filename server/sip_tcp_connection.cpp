#include "server/sip_tcp_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "server/socket.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t read_size = 16'384;
// Then other sockets and timers have their turn.
constexpr int reads_in_a_row = 8;
// RFC 5626 §4.4.1. One for all pings that came at once: of four octets each there may be thousands.
constexpr std::string_view pong = "\r\n";

}  // namespace

std::string_view to_string(SipTcpEnd end) {
    constexpr std::string_view names[] = {"tcp_closed_by_peer", "tcp_connect_failed", "tcp_silent",
                                          "tcp_half_message",   "tcp_not_reading",    "tcp_idle",
                                          "tcp_no_pong",        "tcp_bad_stream",     "tcp_network_error",
                                          "tcp_no_memory",      "tcp_displaced",      "tls_failed",
                                          "web_socket_failed"};
    return names[static_cast<std::size_t>(end)];
}

SipTcpConnection::SipTcpConnection(EventLoop& loop, const Clock& clock, const SipTcpLimits& limits,
                                   Owner& owner, FileDescriptor fd, const sip::Flow& flow, bool connecting)
    : clock_(clock),
      limits_(limits),
      owner_(owner),
      flow_(flow),
      socket_(loop, std::move(fd)),
      framer_({.head = limits.message, .body = limits.message, .parse = {}}),
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
    if (tls_) tls_->start(output_);
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
    on_octets({buffer.data(), static_cast<std::size_t>(size)});
    return !ended_ && !closing_;
}

void SipTcpConnection::on_octets(std::string_view network) {
    if (!tls_) return on_plain(network);
    std::string plain;
    const bool waiting = !output_.empty();
    const TlsSession::State state = tls_->receive(network, plain, output_);
    push_output(waiting);
    if (domains_ && tls_->established()) recognise_peer();
    if (!ended_ && !plain.empty()) on_plain(plain);
    if (!ended_) on_tls(state);
}

// Whom we called had to prove the domain we called.
void SipTcpConnection::recognise_peer() {
    const auto& domains = *std::exchange(domains_, nullptr);
    if (!flow_.domain.empty()) return;
    const auto proved =
        std::ranges::find_if(domains, [this](const auto& each) { return tls_->is_peer(each); });
    if (proved != domains.end()) flow_.domain = *proved;
}

void SipTcpConnection::on_tls(TlsSession::State state) {
    // What is left to be said is an alert at most.
    if (state == TlsSession::State::failed) end(SipTcpEnd::tls_failed);
    if (state == TlsSession::State::closed) end(SipTcpEnd::closed_by_peer);
}

void SipTcpConnection::on_plain(std::string_view plain) {
    pong_until_.reset();  // whatever it is, somebody is there
    if (web_socket_) {
        std::string reply;
        web_socket_->receive(plain, reply);
        if (!reply.empty()) put(reply);
        if (!ended_) take_web_socket_events();
        return;
    }
    framer_.feed(plain);
    take_events();
}

void SipTcpConnection::take_events() {
    bool pinged = false;
    while (auto event = framer_.next()) {
        message_begun_.reset();
        if (event->kind == sip::StreamEvent::Kind::ping) {
            pinged = true;
        } else {
            const bool failed = event->kind == sip::StreamEvent::Kind::failed;
            closing_ = failed;
            take_message(std::move(event->message));
            if (failed && !ended_) return close_after_output(SipTcpEnd::bad_stream);
        }
        if (ended_) return;
    }
    note_progress_of_message(framer_.mid_message());
    if (pinged) send(pong);
}

void SipTcpConnection::take_web_socket_events() {
    bool pinged = false;
    while (auto event = web_socket_->next()) {
        message_begun_.reset();
        if (event->kind == WebSocket::Event::Kind::closed)
            return close_after_output(SipTcpEnd::closed_by_peer);
        if (event->kind == WebSocket::Event::Kind::failed)
            return close_after_output(SipTcpEnd::web_socket_failed);
        // RFC 7118 §6: a CRLF pair is a keep-alive here, too.
        if (event->payload == "\r\n\r\n")
            pinged = true;
        else
            take_message(sip::parse_message(event->payload, {.message = limits_.message}));
        if (ended_) return;
    }
    note_progress_of_message(web_socket_->mid_message());
    if (pinged) send(pong);
}

void SipTcpConnection::take_message(sip::ParsedMessage message) {
    proven_ = proven_ || message.ok();
    last_message_ = last_activity_;
    owner_.on_message(*this, std::move(message));
}

void SipTcpConnection::note_progress_of_message(bool mid_message) {
    if (!mid_message)
        message_begun_.reset();
    else if (!message_begun_)
        message_begun_ = last_activity_;
}

void SipTcpConnection::close_after_output(SipTcpEnd why) {
    closing_ = true;
    closing_why_ = why;
    socket_.pause_reading();
    if (output_.empty()) end(why);
}

void SipTcpConnection::send(std::string_view bytes) {
    if (ended_) return;
    if (web_socket_)
        put(WebSocket::frame(bytes));
    else
        put(bytes);
}

// Pings that go out meanwhile do not put it off.
void SipTcpConnection::expect_pong() {
    if (!pong_until_) pong_until_ = clock_.now() + limits_.pong;
}

void SipTcpConnection::put(std::string_view plain) {
    if (pending_output() + plain.size() > limits_.pending_output) return end(SipTcpEnd::not_reading);
    const bool waiting = !output_.empty();
    TlsSession::State state = TlsSession::State::open;
    if (tls_)
        state = tls_->send(plain, output_);
    else
        output_ += plain;
    push_output(waiting);
    if (!ended_) on_tls(state);
}

void SipTcpConnection::push_output(bool was_waiting) {
    if (!has_pending_output()) return;
    if (!output_since_) output_since_ = clock_.now();
    if (!was_waiting && !connecting_ && !output_.empty()) flush();
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
    if (!has_pending_output()) output_since_.reset();
    if (closing_) end(closing_why_);
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
    if (pong_until_) at = std::min(at, *pong_until_);
    return at;
}

void SipTcpConnection::on_timeout() {
    const TimePoint now = clock_.now();
    if (ended_ || now < deadline()) return;
    if (connecting_) return end(SipTcpEnd::connect_failed);
    if (output_since_ && now >= *output_since_ + limits_.drain) return end(SipTcpEnd::not_reading);
    if (message_begun_ && now >= *message_begun_ + limits_.half_message) return end(SipTcpEnd::half_message);
    if (pong_until_ && now >= *pong_until_) return end(SipTcpEnd::no_pong);
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
