#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "sdp/session_description.hpp"
#include "sdp/text.hpp"

namespace rotunda::sdp {
namespace {

constexpr std::uint64_t max_u16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t max_u32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t max_u64 = std::numeric_limits<std::uint64_t>::max();

// Cuts lines off the front. CRLF, LF and CR all end a line (RFC 8866 §5 asks for tolerance of bare LF).
class LineReader {
  public:
    explicit LineReader(std::string_view text) : rest_(text) {}

    std::optional<std::string_view> next() {
        if (rest_.empty()) return std::nullopt;
        ++number_;
        const auto end = rest_.find_first_of("\r\n");
        const std::string_view line = rest_.substr(0, end);
        if (end == rest_.npos) {
            rest_ = {};
        } else {
            const bool crlf = rest_.substr(end, 2) == "\r\n";
            rest_.remove_prefix(end + (crlf ? 2 : 1));
        }
        return line;
    }
    std::size_t number() const { return number_; }

  private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

using Outcome = std::optional<ParseError>;  // nullopt: the line was taken

class Parser {
  public:
    explicit Parser(const ParseLimits& limits) : limits_(limits) {}

    Outcome take_line(std::string_view line) {
        if (line.size() > limits_.line_length) return ParseError::line_too_long;
        if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z')
            return ParseError::not_a_line;
        const std::string_view value = trim(line.substr(2));
        if (!seen_version_ && line[0] != 'v') return ParseError::bad_version;
        switch (line[0]) {
            case 'v':
                return version(value);
            case 'o':
                return origin(value);
            case 's':
                return name(value);
            case 'c':
                return connection(value);
            case 'b':
                return bandwidth(value);
            case 't':
                return time(value);
            case 'a':
                return attribute(value);
            case 'm':
                return media(value);
            default:
                return {};
        }
    }

    bool complete() const { return seen_version_; }
    SessionDescription take() { return std::move(session_); }

  private:
    Media* current() { return session_.media.empty() ? nullptr : &session_.media.back(); }

    Outcome version(std::string_view value) {
        if (seen_version_) return ParseError::contradiction;
        seen_version_ = true;
        return value == "0" ? Outcome{} : ParseError::bad_version;
    }

    // Nothing depends on what a peer's o= says, so one that cannot be read counts as left out. Counted from
    // the right: some put a name with spaces in front.
    Outcome origin(std::string_view value) {
        if (seen_origin_) return ParseError::contradiction;
        seen_origin_ = true;
        const auto words = split_words(value);
        if (words.size() < 6) return {};
        const std::size_t tail = words.size() - 5;
        Origin o;
        if (parse_connection(words[tail + 2], words[tail + 3], words[tail + 4], o.connection)) return {};
        o.username = words[0];
        for (std::size_t i = 1; i < tail; ++i) o.username.append(" ").append(words[i]);
        o.session_id = words[tail];
        o.version = words[tail + 1];
        session_.origin = std::move(o);
        return {};
    }

    Outcome name(std::string_view value) {
        if (seen_name_) return ParseError::contradiction;
        seen_name_ = true;
        if (!value.empty()) session_.name = value;
        return {};
    }

    Outcome connection(std::string_view value) {
        const auto words = split_words(value);
        if (words.size() != 3) return ParseError::bad_connection;
        Connection c;
        if (Outcome error = parse_connection(words[0], words[1], words[2], c)) return error;
        Media* m = current();
        std::optional<Connection>& place = m ? m->connection : session_.connection;
        if (!place) place = std::move(c);
        return {};
    }

    Outcome bandwidth(std::string_view value) {
        const auto [type, number] = split_once(value, ':');
        const auto parsed = parse_number<std::uint32_t>(trim(number.value_or("")), max_u32);
        if (trim(type).empty() || !parsed) return {};
        Media* m = current();
        auto& list = m ? m->bandwidths : session_.bandwidths;
        list.push_back({std::string(trim(type)), *parsed});
        return {};
    }

    Outcome time(std::string_view value) {
        const auto words = split_words(value);
        if (seen_time_ || words.size() != 2) return {};
        const auto start = parse_number<std::uint64_t>(words[0], max_u64);
        const auto stop = parse_number<std::uint64_t>(words[1], max_u64);
        if (!start || !stop) return {};
        seen_time_ = true;
        session_.start_time = *start;
        session_.stop_time = *stop;
        return {};
    }

    Outcome attribute(std::string_view value) {
        const auto [head, tail] = split_once(value, ':');
        const std::string_view attribute_name = trim(head);
        if (attribute_name.empty()) return {};
        Media* m = current();
        auto& list = m ? m->attributes : session_.attributes;
        if (list.size() == limits_.attributes) return ParseError::too_many_attributes;
        list.push_back({std::string(attribute_name), std::string(trim(tail.value_or("")))});
        return {};
    }

    Outcome media(std::string_view value) {
        if (session_.media.size() == limits_.media) return ParseError::too_many_media;
        const auto words = split_words(value);
        if (words.size() < 3) return ParseError::bad_media;
        if (words.size() - 3 > limits_.formats) return ParseError::too_many_formats;
        const auto [port_text, count_text] = split_once(words[1], '/');
        const auto port = parse_number<std::uint16_t>(port_text, max_u16);
        const auto count = parse_number<std::uint16_t>(count_text.value_or("1"), max_u16);
        if (!port || !count || *count == 0) return ParseError::bad_media;
        Media m;
        m.type = words[0];
        m.port = *port;
        m.port_count = *count;
        m.proto = words[2];
        m.formats.assign(words.begin() + 3, words.end());
        session_.media.push_back(std::move(m));
        return {};
    }

    const ParseLimits& limits_;
    SessionDescription session_;
    bool seen_version_ = false;
    bool seen_origin_ = false;
    bool seen_name_ = false;
    bool seen_time_ = false;
};

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> words;
    constexpr std::string_view space = " \t";
    for (auto at = text.find_first_not_of(space); at != text.npos;) {
        const auto end = std::min(text.find_first_of(space, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(space, end);
    }
    return words;
}

std::optional<ParseError> parse_connection(std::string_view network, std::string_view type,
                                           std::string_view host, Connection& out) {
    if (!iequals(network, "IN")) return ParseError::not_internet;
    if (!iequals(type, "IP4") && !iequals(type, "IP6")) return ParseError::not_internet;
    const auto slash = std::min(host.find('/'), host.size());
    const std::string_view scope = host.substr(slash);
    if (slash == 0 || scope.find_first_not_of("/0123456789") != scope.npos) return ParseError::bad_connection;
    out.host = host.substr(0, slash);
    out.scope = scope;
    out.address = IpAddress::parse(out.host);
    if (out.address) out.host = out.address->to_string();
    return {};
}

Result<SessionDescription, ParseFailure> parse(std::string_view text, const ParseLimits& limits) {
    if (text.size() > limits.octets) return fail(ParseFailure{ParseError::too_long, 0});
    if (text.find('\0') != text.npos || !is_utf8(text)) return fail(ParseFailure{ParseError::not_text, 0});
    Parser parser(limits);
    LineReader reader(text);
    while (const auto line = reader.next()) {
        if (reader.number() > limits.lines)
            return fail(ParseFailure{ParseError::too_many_lines, reader.number()});
        if (trim(*line).empty()) continue;
        if (const Outcome error = parser.take_line(*line)) return fail(ParseFailure{*error, reader.number()});
    }
    if (!parser.complete()) return fail(ParseFailure{ParseError::bad_version, 0});
    return parser.take();
}

}  // namespace rotunda::sdp
