#include "signaling/request_sketch.hpp"

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

constexpr std::size_t longest_method = 32;

bool is_named(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           iequals(line.substr(0, name.size()), name);
}

}  // namespace

// One walk over the lines: it is done for every datagram of a flood.
std::optional<RequestSketch> sketch_of(std::string_view message) {
    const auto end = message.find(' ');
    if (end == message.npos || end == 0 || end > longest_method || message.starts_with("SIP/2.0 "))
        return std::nullopt;
    RequestSketch out;
    out.method = message.substr(0, end);
    out.bytes = message.size();
    for (std::size_t at = message.find('\n'); at != message.npos;) {
        const std::size_t next = message.find('\n', at + 1);
        const std::string_view line = message.substr(at + 1, next - at - 1);
        if (line.size() <= 1) break;  // the body
        at = next;
        const char first = static_cast<char>(line[0] | 0x20);
        if (first == 't' && (is_named(line, "To") || is_named(line, "t")))
            out.in_dialog = line.find(";tag=") != line.npos;
        else if (first == 'u' && is_named(line, "User-Agent"))
            out.user_agent = trim(line.substr(line.find(':') + 1));
        else if (first == 'a' && is_named(line, "Authorization"))
            out.has_credentials = true;
    }
    return out;
}

RequestSketch sketch_of(const SipMessage& request) {
    RequestSketch out;
    out.method = request.method().name();
    out.user_agent = request.header(HeaderId::user_agent).value_or(std::string_view{});
    out.in_dialog = !request.to_tag().empty();
    out.has_credentials = request.header(HeaderId::authorization).has_value();
    return out;
}

}  // namespace rotunda::sip
