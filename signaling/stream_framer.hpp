// Cuts the octets of one stream connection (TCP, later TLS) into SIP messages (RFC 3261 §18.3). Pure and
// bounded; costs are linear however small the pieces are. No clock: who owns the connection limits how long
// mid_message() may last.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/parser.hpp"

namespace rotunda::sip {

struct FramerLimits {
    std::size_t head = 65535;  // octets of start line and header fields
    std::size_t body = 65535;
    ParseLimits parse;  // `message` is taken from the two above
};

struct StreamEvent {
    enum class Kind : std::uint8_t {
        message,  // with any verdict of the parser; the stream goes on
        ping,     // CRLF CRLF between messages: send CRLF back (RFC 5626 §4.4.1)
        failed,   // where the next message begins is unknown: answer if the verdict says so, then close the
                  // connection
    };
    Kind kind = Kind::message;
    ParsedMessage message;  // of message and failed
};

class StreamFramer {
  public:
    explicit StreamFramer(const FramerLimits& limits = {});

    // Any piece of the stream. Call next() until it gives nothing before feeding more: what was not taken out
    // is kept.
    void feed(std::string_view bytes);
    std::optional<StreamEvent> next();

    // After a failed event nothing comes any more and everything fed is thrown away.
    bool failed() const { return failed_; }
    // A message has begun and is not complete. Line ends alone begin none: they may be half a ping.
    bool mid_message() const;
    // Octets kept; at most the two limits and the last piece fed.
    std::size_t buffered() const { return buffer_.size() - begin_; }

  private:
    std::string_view pending() const { return std::string_view(buffer_).substr(begin_); }
    bool skip_line_ends();
    bool find_head_end();
    StreamEvent fail(ParsedMessage message);
    std::optional<StreamEvent> measure_body();
    void consume(std::size_t size);

    FramerLimits limits_;
    std::string buffer_;
    std::size_t begin_ = 0;      // what comes before has been taken out
    std::size_t searched_ = 0;   // of pending(): no end of the head begins before
    std::size_t head_size_ = 0;  // 0: not known yet
    std::size_t body_size_ = 0;
    bool failed_ = false;
};

}  // namespace rotunda::sip
