#include "server/http_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace rotunda::server {
namespace {

constexpr std::size_t events_at_once = 65'536;  // octets

}  // namespace

HttpConnection::HttpConnection(EventLoop& loop, const Clock& clock, const HttpConnectionLimits& limits,
                               const api::EventHistory& history, FileDescriptor fd, Answer answer,
                               OnEnd on_end)
    : clock_(clock),
      limits_(limits),
      history_(history),
      answer_(std::move(answer)),
      on_end_(std::move(on_end)),
      socket_(loop, std::move(fd)),
      deadline_(loop, clock, [this] { on_deadline(); }),
      silent_since_(clock.now()) {}

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
    silent_since_ = clock_.now();
    if (web_socket_) return read_web_socket({buffer.data(), static_cast<std::size_t>(size)});
    if (streamed_) return;  // who listens to events has nothing more to say
    if (!reader_.feed({buffer.data(), static_cast<std::size_t>(size)}))
        return end(HttpRefusals::Kind::malformed);
    answer_all();
}

// The next request waits until the answer before it has been taken: a client that does not read asks nothing.
void HttpConnection::answer_all() {
    while (!ended_ && !closing_ && !streamed_ && output_.empty()) {
        auto request = reader_.next();
        if (!request) break;
        if (request->ok()) {
            answer_one(**request);
        } else {
            closing_ = malformed_ = true;
            send(to_wire(api::problem(request->error(), "This is not a request that can be read."), false,
                         false));
        }
    }
    if (!ended_) rearm();
}

void HttpConnection::answer_one(const api::HttpRequest& request) {
    const api::HttpResponse response = answer_(request);
    answered_ = true;
    request_begun_.reset();
    if (response.web_socket && response.events_after) return open_web_socket(request, *response.events_after);
    const bool head_only = request.method == "HEAD";
    closing_ = response.last || (!request.keep_alive && (head_only || !response.events_after));
    if (!head_only) streamed_ = response.events_after;
    send(to_wire(response, head_only, request.keep_alive));
    push_events();
}

// RFC 6455 §4.2.2.
void HttpConnection::open_web_socket(const api::HttpRequest& request, std::uint64_t after) {
    web_socket_.emplace(WebSocket::Opened{});
    streamed_ = after;
    send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        web_socket_accept(request.web_socket_key) + "\r\n\r\n");
    push_events();
}

// What a client says is not listened to, but for its pings and its end.
void HttpConnection::read_web_socket(std::string_view bytes) {
    std::string reply;
    web_socket_->receive(bytes, reply);
    while (const auto event = web_socket_->next())
        if (event->kind != WebSocket::Event::Kind::message) closing_ = true;
    if (closing_) streamed_.reset();
    send(reply);
    if (closing_ && !ended_ && output_.empty()) end();
}

std::string HttpConnection::next_events() {
    if (!web_socket_) return history_.since(*streamed_, events_at_once);
    std::string frames;
    for (const std::string& object : history_.objects_since(*streamed_, events_at_once))
        frames += WebSocket::frame(object);
    return frames;
}

void HttpConnection::push_events() {
    if (ended_ || !streamed_ || !output_.empty()) return;
    send(next_events());
    if (ended_) return;
    // The rest when others had their turn.
    if (output_.empty() && *streamed_ < history_.last()) await_writable();
    rearm();
}

void HttpConnection::send(std::string_view bytes) {
    output_ += bytes;
    flush();
}

void HttpConnection::flush() {
    while (!output_.empty()) {
        const ssize_t size =
            ::send(socket_.fd(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return errno == EAGAIN ? await_writable() : end();
        output_.erase(0, static_cast<std::size_t>(size));
        silent_since_ = clock_.now();
    }
    if (closing_) end();
}

void HttpConnection::await_writable() {
    socket_.pause_reading();
    socket_.once_writable([this] {
        if (ended_) return;
        flush();
        if (!ended_ && output_.empty()) on_output_gone();
    });
}

void HttpConnection::on_output_gone() {
    socket_.on_readable([this] { read_some(); });
    answer_all();
    push_events();
}

// However steadily a request drips in, it has to be whole in time.
void HttpConnection::note_request() {
    if (!output_.empty() || streamed_ || !reader_.mid_request())
        request_begun_.reset();
    else if (!request_begun_)
        request_begun_ = clock_.now();
}

void HttpConnection::rearm() {
    note_request();
    if (request_begun_) return deadline_.set(*request_begun_ + limits_.request);
    const Duration patience = !output_.empty() ? limits_.drain : streamed_ ? limits_.heartbeat : limits_.idle;
    deadline_.set(clock_.now() + patience);
}

void HttpConnection::on_deadline() {
    // Between requests everybody may be silent; that he said nothing is not worth a word.
    if (!streamed_ || !output_.empty()) {
        const bool slow = !output_.empty() || reader_.mid_request();
        return end(slow ? std::optional(HttpRefusals::Kind::slow) : std::nullopt);
    }
    // A ping, or a comment, which proxies and the client take as a sign of life.
    send(web_socket_ ? WebSocket::ping_frame() : ":\n\n");
    if (!ended_) rearm();
}

bool HttpConnection::has_unread() const {
    char octet = 0;
    return recv(socket_.fd(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void HttpConnection::end(std::optional<HttpRefusals::Kind> why) {
    if (ended_) return;
    ended_ = true;
    socket_.pause_reading();
    deadline_.set(std::nullopt);
    on_end_(malformed_ ? HttpRefusals::Kind::malformed : why);
}

}  // namespace rotunda::server
