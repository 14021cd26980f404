#include "signaling/request_sketch.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

constexpr std::string_view tag_is = ";tag=";

bool is_named(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           iequals(line.substr(0, name.size()), name);
}

// A parameter of the field: what a display name, a URI or a quoted value says is no tag.
std::string_view tag_in(std::string_view line) {
    std::string_view found;
    bool quoted = false, in_uri = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            quoted = !quoted;
        } else if (quoted) {
            i += line[i] == '\\' ? 1 : 0;
        } else if (line[i] == '<') {
            in_uri = true;
            found = {};
        } else if (line[i] == '>') {
            in_uri = false;
        } else if (!in_uri && found.empty() && line.substr(i).starts_with(tag_is)) {
            const std::string_view rest = line.substr(i + tag_is.size());
            found = rest.substr(0, rest.find_first_of("; ,\t\r"));
        }
    }
    return found;
}

}  // namespace

// One walk over the lines: it is done for every datagram of a flood.
std::optional<RequestSketch> sketch_of(std::string_view message) {
    RequestSketch out;
    out.bytes = message.size();
    // As the parser does (RFC 3261 §7.5).
    message.remove_prefix(std::min(message.find_first_not_of(std::string_view("\r\n\0", 3)), message.size()));
    if (message.empty() || message.starts_with("SIP/2.0 ")) return std::nullopt;
    out.method = message.substr(0, message.find(' '));
    for (std::size_t at = message.find('\n'); at != message.npos;) {
        const std::size_t next = message.find('\n', at + 1);
        const std::string_view line = message.substr(at + 1, next - at - 1);
        if (line.size() <= 1) break;  // the body
        at = next;
        const char first = static_cast<char>(line[0] | 0x20);
        if (first == 't' && (is_named(line, "To") || is_named(line, "t")))
            out.to_tag = tag_in(line);
        else if (first == 'f' && (is_named(line, "From") || is_named(line, "f")))
            out.from_tag = tag_in(line);
        else if ((first == 'c' && is_named(line, "Call-ID")) || (first == 'i' && is_named(line, "i")))
            out.call_id = trim(line.substr(line.find(':') + 1));
        else if (first == 'u' && is_named(line, "User-Agent"))
            out.user_agent = trim(line.substr(line.find(':') + 1));
        else if (first == 'a' && out.authorization.empty() && is_named(line, "Authorization"))
            out.authorization = trim(line.substr(line.find(':') + 1));
        else if (first == 'v' && out.via.empty() && (is_named(line, "Via") || is_named(line, "v")))
            out.via = trim(line.substr(line.find(':') + 1));
    }
    return out;
}

RequestSketch sketch_of(const SipMessage& request) {
    RequestSketch out;
    out.method = request.method().name();
    out.user_agent = request.header(HeaderId::user_agent).value_or(std::string_view{});
    out.to_tag = request.to_tag();
    out.from_tag = request.from_tag();
    out.call_id = request.call_id();
    out.authorization = request.header(HeaderId::authorization).value_or(std::string_view{});
    out.via = request.header(HeaderId::via).value_or(std::string_view{});
    return out;
}

}  // namespace rotunda::sip
