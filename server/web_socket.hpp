// The server's side of one WebSocket connection that carries SIP (RFC 6455, RFC 7118). Pure: octets in,
// messages and what to reply out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rotunda::server {

class WebSocket {
  public:
    struct Event {
        enum class Kind : std::uint8_t {
            message,  // one whole SIP message
            closed,   // by the peer; the reply is written
            failed,   // against the rules; the reply says so
        };
        Kind kind = Kind::message;
        std::string payload;
    };
    static constexpr std::size_t largest_message = 65'536;

    // Pages from other origins are refused; empty: all may come; they outlive the connection. `most`: octets
    // of one message.
    explicit WebSocket(const std::vector<std::string>& origins, std::size_t most = largest_message)
        : origins_(origins), most_(most) {}

    // One whose handshake is done already: on the HTTP port.
    struct Opened {};
    explicit WebSocket(Opened);

    // Handshake, pongs and the answer to a close are appended to `reply`.
    void receive(std::string_view octets, std::string& reply);
    std::optional<Event> next();

    bool mid_message() const { return !failed_ && (!input_.empty() || !message_.empty() || !upgraded_); }
    std::size_t buffered() const { return input_.size() + message_.size(); }

    // One message to the client: a text frame, or a binary one if it is no UTF-8.
    static std::string frame(std::string_view message);
    // Which a client answers: a sign of life (RFC 6455 §5.5.2).
    static std::string ping_frame();

  private:
    struct Frame {
        std::uint8_t opcode = 0;
        bool last = false;
        std::string payload;
    };

    bool upgrade(std::string& reply);
    // Takes it off the front of `input`.
    std::optional<Frame> cut_frame(std::string_view& input, std::string& reply);
    bool fits(std::uint8_t first, std::uint8_t opcode, std::uint64_t size) const;
    void take(Frame frame, std::string& reply);
    void take_control(const Frame& frame, std::string& reply);
    void fail(std::uint16_t code, std::string& reply);

    const std::vector<std::string>& origins_;
    const std::size_t most_;
    std::string input_;
    std::string message_;  // fragments so far
    bool upgraded_ = false;
    bool fragmented_ = false;
    bool failed_ = false;
    std::deque<Event> events_;
};

// RFC 6455 §4.2.2: the proof that we speak it.
std::string web_socket_accept(std::string_view key);

}  // namespace rotunda::server
