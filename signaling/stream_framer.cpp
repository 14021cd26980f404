#include "signaling/stream_framer.hpp"

#include <limits>

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

constexpr std::string_view line_end = "\r\n", head_end = "\r\n\r\n";
// An idle connection keeps no more than this.
constexpr std::size_t idle_capacity = 2048;

// Takes one header line off `head`, with the lines folded into it.
std::string_view take_line(std::string_view& head) {
    auto end = head.find(line_end);
    while (end != head.npos && end + 2 < head.size() && (head[end + 2] == ' ' || head[end + 2] == '\t'))
        end = head.find(line_end, end + 2);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == head.npos ? head.size() : end + 2);
    return line;
}

// The one Content-Length of a head; nullopt if it is missing, broken, or there twice.
std::optional<std::size_t> content_length(std::string_view head) {
    std::optional<std::size_t> length;
    take_line(head);
    while (!head.empty()) {
        const Split field = split_once(take_line(head), ':');
        if (!field.tail || header_id(trim(field.head)) != HeaderId::content_length) continue;
        if (length) return std::nullopt;
        length = parse_number<std::size_t>(trim(*field.tail), std::numeric_limits<std::uint32_t>::max());
        if (!length) return std::nullopt;
    }
    return length;
}

// Turns what the parser made of the head alone into a refusal for a reason it could not see.
void refuse(ParsedMessage& parsed, ParseReason reason, int status, std::string_view phrase) {
    if (parsed.ok()) {
        const bool silent = parsed.message.is_response() || parsed.message.method() == Method::ack;
        parsed.verdict = silent ? ParseVerdict::drop : ParseVerdict::answer;
    }
    parsed.reason = reason;
    parsed.status = status;
    parsed.phrase = phrase;
}

}  // namespace

StreamFramer::StreamFramer(const FramerLimits& limits) : limits_(limits) {
    limits_.parse.message = limits_.head + limits_.body;
}

void StreamFramer::feed(std::string_view bytes) {
    if (!failed_) buffer_ += bytes;
}

bool StreamFramer::mid_message() const {
    // Longer ones next() has taken out.
    return !pending().empty() && !head_end.starts_with(pending());
}

std::optional<StreamEvent> StreamFramer::next() {
    if (failed_) return std::nullopt;
    if (head_size_ == 0) {
        if (skip_line_ends()) return StreamEvent{StreamEvent::Kind::ping, {}};
        if (!find_head_end()) {
            if (buffered() <= limits_.head) return std::nullopt;
            ParsedMessage none;
            none.reason = ParseReason::too_large;
            return fail(std::move(none));
        }
        if (auto failure = measure_body()) return failure;
    }
    const std::size_t size = head_size_ + body_size_;
    if (buffered() < size) return std::nullopt;
    StreamEvent event{StreamEvent::Kind::message, parse_message(pending().substr(0, size), limits_.parse)};
    consume(size);
    return event;
}

// True for a whole ping. A single CRLF is a pong, or the empty line RFC 3261 §7.5 allows before a message;
// whether it is half a ping shows when more octets come.
bool StreamFramer::skip_line_ends() {
    while (pending().starts_with(line_end)) {
        const std::string_view rest = pending().substr(line_end.size());
        if (rest.starts_with(line_end)) {
            consume(head_end.size());
            return true;
        }
        if (rest.empty() || rest == "\r") return false;
        consume(line_end.size());
    }
    return false;
}

bool StreamFramer::find_head_end() {
    const auto end = pending().find(head_end, searched_);
    if (end == std::string_view::npos) {
        searched_ = buffered() < head_end.size() ? 0 : buffered() - head_end.size() + 1;
        return false;
    }
    if (end + head_end.size() > limits_.head) return false;
    head_size_ = end + head_end.size();
    return true;
}

// RFC 3261 §18.3: on a stream nothing but Content-Length says where the message ends. RFC 4475 §3.3.9: two of
// them end all trust in the stream.
std::optional<StreamEvent> StreamFramer::measure_body() {
    const std::string_view head = pending().substr(0, head_size_);
    const auto length = content_length(head);
    if (length && *length <= limits_.body) {
        body_size_ = *length;
        return std::nullopt;
    }
    ParsedMessage parsed = parse_message(head, limits_.parse);
    if (length) {
        refuse(parsed, ParseReason::too_large, 513, "Message Too Large");
    } else if (parsed.ok()) {
        refuse(parsed, ParseReason::content_length, 400, "Missing Content-Length");
    }
    return fail(std::move(parsed));
}

StreamEvent StreamFramer::fail(ParsedMessage message) {
    failed_ = true;
    buffer_ = std::string();
    begin_ = 0;
    return {StreamEvent::Kind::failed, std::move(message)};
}

void StreamFramer::consume(std::size_t size) {
    begin_ += size;
    searched_ = head_size_ = body_size_ = 0;
    if (begin_ == buffer_.size()) {
        buffer_.clear();
        if (buffer_.capacity() > idle_capacity) buffer_ = std::string();
        begin_ = 0;
    } else if (begin_ > buffer_.size() / 2) {
        // Moves no more than was consumed: linear over the life of the stream.
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
}

}  // namespace rotunda::sip
