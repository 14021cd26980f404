#include "signaling/parser.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {
namespace {

// Fields that mean one thing: two of them contradict each other (RFC 3261 §7.3.1, RFC 4475 §3.3.8). A second
// User-Agent or Date hurts nobody.
bool is_single(HeaderId id) {
    using enum HeaderId;
    switch (id) {
        case call_id:
        case content_disposition:
        case content_type:
        case cseq:
        case event:
        case expires:
        case from:
        case join:
        case max_forwards:
        case min_se:
        case rack:
        case refer_to:
        case referred_by:
        case replaces:
        case rseq:
        case session_expires:
        case subscription_state:
        case target_dialog:
        case to:
            return true;
        default:
            return false;
    }
}

struct Required {
    HeaderId id;
    std::string_view phrase;
};
constexpr std::array required_headers = {
    Required{HeaderId::via, "Missing Via"},   Required{HeaderId::from, "Missing From"},
    Required{HeaderId::to, "Missing To"},     Required{HeaderId::call_id, "Missing Call-ID"},
    Required{HeaderId::cseq, "Missing CSeq"},
};

bool is_version(std::string_view text) {
    if (text.size() < 7 || !iequals(text.substr(0, 4), "SIP/")) return false;
    const Split numbers = split_once(text.substr(4), '.');
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return parse_number<std::uint64_t>(numbers.head, most) && numbers.tail &&
           parse_number<std::uint64_t>(*numbers.tail, most);
}

// RFC 3261 §25.1 callid, wider: anything printable in one word.
bool is_call_id(std::string_view text) {
    for (char c : text)
        if (c <= ' ' || c >= 0x7f) return false;
    return !text.empty();
}

// Of eight octets at once: false where none is below a space or DEL. May be true of others too.
bool may_hold_control(const char* text) {
    constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    std::uint64_t word = 0;
    std::memcpy(&word, text, sizeof word);
    const std::uint64_t below_space = word - ones * ' ', del = (word ^ ones * 0x7f) - ones;
    return ((below_space | del) & tops & ~word) != 0;
}

}  // namespace

// One message on its way in. Works on the message's own copy of the header text, where folding is undone in
// place; goes on after the first mistake, so that the answer can carry what the peer needs to recognise it.
class MessageParser {
  public:
    MessageParser(std::string_view bytes, const ParseLimits& limits) : limits_(limits), rest_(bytes) {}
    ParsedMessage run();

  private:
    using Slot = SipMessage::Slot;

    void refuse(ParseReason reason, std::string_view phrase, int status = 400);
    void take_head();
    std::size_t unfold_line(std::size_t begin);
    void check_octets(std::size_t begin, std::size_t end);
    void read_start_line(std::string_view line);
    void read_status_line(std::string_view line);
    void read_request_line(std::string_view line);
    void read_headers();
    void read_header(std::size_t begin, std::size_t end);
    void read_address_list(HeaderId id, std::string_view value);
    void read_content_length(std::string_view value);
    bool check_element(HeaderId id, std::string_view& element);
    void store(HeaderId id, std::string_view name, std::string_view value);
    void check_required();
    void check_decoded();
    void take_body();
    ParsedMessage finish();

    const ParseLimits& limits_;
    std::string_view rest_;  // not yet taken; the body in the end
    ParsedMessage out_;
    SipMessage& message_ = out_.message;
    bool is_response_ = false;
    bool has_start_line_ = false;
    std::size_t header_begin_ = 0;
    std::size_t vias_ = 0;
    std::optional<std::size_t> content_length_;
};

ParsedMessage MessageParser::run() {
    // RFC 3261 §7.5: CRLF before the start line is skipped; some phones keep NAT bindings open with NULs.
    rest_.remove_prefix(std::min(rest_.find_first_not_of(std::string_view("\r\n\0", 3)), rest_.size()));
    if (rest_.empty()) {
        out_.reason = ParseReason::keep_alive;
        return std::move(out_);
    }
    if (rest_.size() > limits_.message) {
        refuse(ParseReason::too_large, "Message Too Large", 513);
        rest_ = rest_.substr(0, limits_.message);
    }
    take_head();
    read_headers();
    check_required();
    check_decoded();
    take_body();
    return finish();
}

// The first mistake counts; but a message that is malformed as well is not told about its URI scheme.
void MessageParser::refuse(ParseReason reason, std::string_view phrase, int status) {
    if (out_.reason != ParseReason::none && out_.reason != ParseReason::uri_scheme) return;
    out_.reason = reason;
    out_.phrase = phrase;
    out_.status = status;
}

void MessageParser::take_head() {
    const auto end = rest_.find("\r\n\r\n");
    const std::string_view head = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 4);
    // Some room, for the layers above write into the message.
    message_.text_.reserve(head.size() + 128);
    message_.text_ = head;
    message_.slots_.reserve(24);

    header_begin_ = unfold_line(0);
    check_octets(0, header_begin_);
    if (end == std::string_view::npos) refuse(ParseReason::header_syntax, "Missing Empty Line");
    if (header_begin_ > limits_.header_length)
        return refuse(ParseReason::header_too_long, "Start Line Too Long", 414);
    read_start_line(std::string_view(message_.text_).substr(0, header_begin_));
}

// The end of the line that begins at `begin`. Folding (CRLF and white space, RFC 3261 §7.3.1) becomes spaces.
std::size_t MessageParser::unfold_line(std::size_t begin) {
    std::string& text = message_.text_;
    for (auto end = text.find("\r\n", begin); end != text.npos; end = text.find("\r\n", end)) {
        if (end + 2 >= text.size() || (text[end + 2] != ' ' && text[end + 2] != '\t')) return end;
        text[end] = text[end + 1] = ' ';
    }
    return text.size();
}

// Control octets may stand nowhere but behind a backslash in a quoted string (RFC 3261 §25.1 quoted-pair); a
// lone CR or LF nowhere at all. They are wiped, so that an answer does not send them back.
void MessageParser::check_octets(std::size_t begin, std::size_t end) {
    char* const text = message_.text_.data();
    for (std::size_t i = begin; i < end; ++i) {
        while (end - i >= sizeof(std::uint64_t) && !may_hold_control(text + i)) i += sizeof(std::uint64_t);
        if (i == end) return;
        const auto c = static_cast<unsigned char>(text[i]);
        if ((c >= ' ' && c != 0x7f) || c == '\t') continue;
        if (i > begin && text[i - 1] == '\\' && c != '\r' && c != '\n') continue;
        text[i] = ' ';
        refuse(ParseReason::control_octet, "Control Octet In Header");
    }
}

void MessageParser::read_start_line(std::string_view line) {
    is_response_ = iequals(line.substr(0, 4), "SIP/");
    if (is_response_) {
        read_status_line(line);
    } else {
        read_request_line(line);
    }
}

// SIP/2.0 SP 3DIGIT SP Reason-Phrase; the last SP is often forgotten.
void MessageParser::read_status_line(std::string_view line) {
    const Split version = split_once(line, ' ');
    const Split status = split_once(version.tail.value_or(std::string_view{}), ' ');
    const auto code = parse_number<int>(status.head, 699);
    if (!iequals(version.head, "SIP/2.0")) return refuse(ParseReason::version, "Version Not Supported", 505);
    if (!code || *code < 100 || status.head.size() != 3)
        return refuse(ParseReason::status_code, "Bad Status Code");
    has_start_line_ = true;
    message_.status_ = *code;
    message_.reason_ = status.tail.value_or(std::string_view{});
}

// Method SP Request-URI SP SIP-Version, one space each (RFC 4475 §3.1.2.7 to §3.1.2.10).
void MessageParser::read_request_line(std::string_view line) {
    const Split method = split_once(line, ' ');
    if (!is_token(method.head) || !method.tail) return refuse(ParseReason::start_line, "Bad Request Line");
    has_start_line_ = true;
    message_.method_ = Method::from(method.head);

    const auto last = method.tail->rfind(' ');
    if (last == std::string_view::npos) return refuse(ParseReason::start_line, "Bad Request Line");
    const std::string_view version = method.tail->substr(last + 1);
    if (!is_version(version)) return refuse(ParseReason::start_line, "Bad Request Line");
    if (!iequals(version, "SIP/2.0")) return refuse(ParseReason::version, "Version Not Supported", 505);

    auto uri = Uri::parse(method.tail->substr(0, last));
    // Embedded header fields have no meaning there (RFC 3261 §19.1.1) and must not be acted on (RFC 4475
    // §3.1.2.11).
    if (!uri || !uri->headers().empty()) return refuse(ParseReason::request_uri, "Bad Request-URI");
    message_.uri_ = std::move(*uri);
    if (!message_.uri_.is_sip()) refuse(ParseReason::uri_scheme, "Unsupported URI Scheme", 416);
}

void MessageParser::read_headers() {
    for (std::size_t begin = header_begin_ + 2; begin < message_.text_.size();) {
        if (message_.slots_.size() >= limits_.headers)
            return refuse(ParseReason::too_many_headers, "Too Many Header Fields");
        const std::size_t end = unfold_line(begin);
        check_octets(begin, end);
        if (end - begin > limits_.header_length) {
            refuse(ParseReason::header_too_long, "Header Field Too Long");
        } else {
            read_header(begin, end);
        }
        begin = end + 2;
    }
    if (!is_utf8(message_.text_)) refuse(ParseReason::not_utf8, "Header Is Not UTF-8");
}

void MessageParser::read_header(std::size_t begin, std::size_t end) {
    const Split line = split_once(std::string_view(message_.text_).substr(begin, end - begin), ':');
    const std::string_view name = line.head.substr(0, line.head.find_last_not_of(" \t") + 1);
    if (!line.tail || !is_token(name)) return refuse(ParseReason::header_syntax, "Bad Header Field");
    const std::string_view value = trim_lws(*line.tail);

    const HeaderId id = header_id(name);
    if (id == HeaderId::content_length) return read_content_length(value);
    if (is_address_list(id)) return read_address_list(id, value);
    if (is_single(id) && message_.has(id))
        return refuse(ParseReason::repeated_header, "Repeated Header Field");
    store(id, name, value);
}

void MessageParser::read_address_list(HeaderId id, std::string_view value) {
    ListReader list(value);
    std::size_t elements = 0;
    while (auto element = list.next()) {
        ++elements;
        if (message_.slots_.size() >= limits_.headers)
            return refuse(ParseReason::too_many_headers, "Too Many Header Fields");
        if (id == HeaderId::via && ++vias_ > limits_.vias) return refuse(ParseReason::via, "Too Many Vias");
        if (check_element(id, *element)) store(id, {}, *element);
    }
    if (elements == 0) refuse(ParseReason::header_syntax, "Empty Address List");
}

// False if the element is of no use. A Via whose parameters are broken is cut down to its sent-by: enough to
// answer to.
bool MessageParser::check_element(HeaderId id, std::string_view& element) {
    switch (id) {
        case HeaderId::via: {
            if (auto via = Via::parse(element)) {
                if (vias_ == 1) message_.decoded().top_via = std::move(via);
                return true;
            }
            refuse(ParseReason::via, "Bad Via");
            element = trim_lws(element.substr(0, element.find(';')));
            auto sent_by = Via::parse(element);
            const bool usable = sent_by.has_value();
            // Where the first is of no use, the one below it is not the top: there is none.
            if (vias_ == 1) message_.decoded().top_via = usable ? std::move(*sent_by) : Via{};
            return usable;
        }
        case HeaderId::contact:
            if (element == "*" || NameAddr::parse(element)) return true;
            refuse(ParseReason::address, "Bad Contact");
            return false;
        case HeaderId::route:
        case HeaderId::record_route:
            if (NameAddr::parse(element)) return true;
            refuse(ParseReason::address, id == HeaderId::route ? "Bad Route" : "Bad Record-Route");
            return false;
        default:
            return !element.empty();
    }
}

void MessageParser::read_content_length(std::string_view value) {
    // RFC 3261 §20.14 has one; two, even alike, are how messages are smuggled.
    if (content_length_) return refuse(ParseReason::content_length, "Repeated Content-Length");
    const auto length = parse_number<std::size_t>(value, std::numeric_limits<std::uint32_t>::max());
    if (!length) refuse(ParseReason::content_length, "Bad Content-Length");
    content_length_ = length.value_or(0);
}

// `name` and `value` are views into the message's text.
void MessageParser::store(HeaderId id, std::string_view name, std::string_view value) {
    const char* base = message_.text_.data();
    Slot slot{.id = id};
    if (id == HeaderId::other) {
        slot.name_at = static_cast<std::uint32_t>(name.data() - base);
        slot.name_size = static_cast<std::uint16_t>(name.size());
    }
    slot.value_at = value.empty() ? 0 : static_cast<std::uint32_t>(value.data() - base);
    slot.value_size = static_cast<std::uint32_t>(value.size());
    message_.slots_.push_back(slot);
}

void MessageParser::check_required() {
    for (const Required& required : required_headers)
        if (!message_.has(required.id)) refuse(ParseReason::missing_header, required.phrase);
}

void MessageParser::check_decoded() {
    if (!message_.from().uri.valid()) refuse(ParseReason::address, "Bad From");
    if (!message_.to().uri.valid()) refuse(ParseReason::address, "Bad To");
    if (!is_call_id(message_.call_id())) refuse(ParseReason::call_id, "Bad Call-ID");
    if (message_.cseq().method.name().empty()) refuse(ParseReason::cseq, "Bad CSeq");
    if (!is_response_ && !(message_.cseq().method == message_.method_))
        refuse(ParseReason::cseq_method, "CSeq Method Differs From Request Line");
    if (message_.has(HeaderId::max_forwards) && !message_.max_forwards())
        refuse(ParseReason::max_forwards, "Bad Max-Forwards");
    if (message_.has(HeaderId::content_type) && !message_.content_type())
        refuse(ParseReason::content_type, "Bad Content-Type");
    // RFC 3261 §8.1.3.3; and nobody but us stands in the Via of our requests.
    if (is_response_ && vias_ > 1) refuse(ParseReason::stray_response, "More Than One Via");
}

// RFC 3261 §18.3.
void MessageParser::take_body() {
    const std::size_t length = content_length_.value_or(rest_.size());
    if (length > rest_.size()) refuse(ParseReason::content_length, "Content-Length Beyond Message");
    message_.body_ = rest_.substr(0, length);
}

ParsedMessage MessageParser::finish() {
    if (out_.reason == ParseReason::none) {
        out_.verdict = ParseVerdict::accepted;
        return std::move(out_);
    }
    const bool silent = is_response_ || !has_start_line_ || message_.method_ == Method::ack;
    if (!silent && !message_.top_via().host.empty()) out_.verdict = ParseVerdict::answer;
    return std::move(out_);
}

ParsedMessage parse_message(std::string_view bytes, const ParseLimits& limits) {
    return MessageParser(bytes, limits).run();
}

std::string_view to_string(ParseReason reason) {
    constexpr std::string_view names[] = {"none",
                                          "keep_alive",
                                          "too_large",
                                          "too_many_headers",
                                          "header_too_long",
                                          "start_line",
                                          "version",
                                          "status_code",
                                          "request_uri",
                                          "uri_scheme",
                                          "header_syntax",
                                          "control_octet",
                                          "not_utf8",
                                          "missing_header",
                                          "repeated_header",
                                          "via",
                                          "address",
                                          "call_id",
                                          "cseq",
                                          "cseq_method",
                                          "max_forwards",
                                          "content_type",
                                          "content_length",
                                          "stray_response"};
    return names[static_cast<std::size_t>(reason)];
}

}  // namespace rotunda::sip
