#include "server/web_socket.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "server/web_socket_upgrade.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t largest_upgrade = 8192;
constexpr std::size_t largest_control = 125;  // RFC 6455 §5.5
constexpr std::size_t most_events = 64;

// RFC 6455 §5.2 and §7.4.1.
constexpr std::uint8_t continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10;
constexpr std::uint16_t normal_closure = 1000, protocol_error = 1002, too_big = 1009;

const std::vector<std::string> no_origins;

void append_frame(std::string& out, std::uint8_t opcode, std::string_view payload) {
    out += static_cast<char>(0x80 | opcode);
    if (payload.size() < 126) {
        out += static_cast<char>(payload.size());
    } else if (payload.size() < 65'536) {
        out += static_cast<char>(126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size());
    } else {
        out += static_cast<char>(127);
        for (int shift = 56; shift >= 0; shift -= 8)
            out += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> shift);
    }
    out += payload;
}

std::string close_code(std::uint16_t code) {
    return {static_cast<char>(code >> 8), static_cast<char>(code)};
}

std::uint64_t read_size(std::string_view bytes) {
    std::uint64_t size = 0;
    for (const char c : bytes) size = size << 8 | static_cast<std::uint8_t>(c);
    return size;
}

}  // namespace

WebSocket::WebSocket(Opened) : origins_(no_origins), most_(largest_message), upgraded_(true) {}

std::string WebSocket::ping_frame() {
    std::string out;
    append_frame(out, ping, {});
    return out;
}

std::string WebSocket::frame(std::string_view message) {
    std::string out;
    append_frame(out, is_utf8(message) ? text : binary, message);
    return out;
}

void WebSocket::receive(std::string_view octets, std::string& reply) {
    if (failed_) return;
    input_ += octets;
    if (!upgraded_ && !upgrade(reply)) return;
    std::string_view rest = input_;
    while (auto next = cut_frame(rest, reply)) {
        take(std::move(*next), reply);
        if (failed_) return;
    }
    if (!failed_) input_.erase(0, input_.size() - rest.size());
}

std::optional<WebSocket::Event> WebSocket::next() {
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
}

bool WebSocket::upgrade(std::string& reply) {
    const std::size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos && input_.size() <= largest_upgrade) return false;
    WebSocketUpgrade answer;
    if (end <= largest_upgrade)
        answer = answer_upgrade(std::string_view(input_).substr(0, end + 2), origins_);
    reply += answer.response;
    upgraded_ = answer.accepted;
    if (upgraded_) {
        input_.erase(0, end + 4);
        return true;
    }
    failed_ = true;
    input_.clear();
    events_.push_back({Event::Kind::failed, {}});
    return false;
}

std::optional<WebSocket::Frame> WebSocket::cut_frame(std::string_view& input, std::string& reply) {
    if (input.size() < 2) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(input[0]), second = static_cast<std::uint8_t>(input[1]);
    const std::size_t size_octets = (second & 0x7f) == 126 ? 2 : (second & 0x7f) == 127 ? 8 : 0;
    const std::size_t header = 2 + size_octets + 4;
    if (input.size() < header) {
        // §5.1: a client masks every frame; that is seen in the second octet already.
        if ((second & 0x80) == 0) fail(protocol_error, reply);
        return std::nullopt;
    }
    const std::uint64_t size = size_octets == 0 ? second & 0x7f : read_size(input.substr(2, size_octets));
    Frame frame{static_cast<std::uint8_t>(first & 0x0f), (first & 0x80) != 0, {}};
    if ((second & 0x80) == 0 || !fits(first, frame.opcode, size)) {
        fail(protocol_error, reply);
        return std::nullopt;
    }
    if (size > most_ || message_.size() + size > most_) {
        fail(too_big, reply);
        return std::nullopt;
    }
    if (input.size() < header + size) return std::nullopt;
    frame.payload = input.substr(header, size);
    for (std::size_t i = 0; i < size; ++i) frame.payload[i] ^= input[header - 4 + i % 4];
    input.remove_prefix(header + size);
    return frame;
}

// §5.2 to §5.5: no extension is agreed, so no reserved bit; control frames are short and whole; a
// continuation continues something.
bool WebSocket::fits(std::uint8_t first, std::uint8_t opcode, std::uint64_t size) const {
    if ((first & 0x70) != 0) return false;
    if (opcode >= close) return opcode <= pong && (first & 0x80) != 0 && size <= largest_control;
    if (opcode == continuation) return fragmented_;
    return opcode <= binary && !fragmented_;
}

void WebSocket::take(Frame frame, std::string& reply) {
    if (frame.opcode >= close) return take_control(frame, reply);
    message_ += frame.payload;
    fragmented_ = !frame.last;
    if (fragmented_) return;
    if (events_.size() >= most_events) return fail(too_big, reply);
    events_.push_back({Event::Kind::message, std::exchange(message_, {})});
}

void WebSocket::take_control(const Frame& frame, std::string& reply) {
    if (frame.opcode == ping) append_frame(reply, pong, frame.payload);
    if (frame.opcode != close) return;
    append_frame(reply, close,
                 frame.payload.size() >= 2 ? frame.payload.substr(0, 2) : close_code(normal_closure));
    failed_ = true;
    events_.push_back({Event::Kind::closed, {}});
}

void WebSocket::fail(std::uint16_t code, std::string& reply) {
    append_frame(reply, close, close_code(code));
    failed_ = true;
    input_.clear();
    message_.clear();
    events_.push_back({Event::Kind::failed, {}});
}

}  // namespace rotunda::server
