#include "signaling/uri.hpp"

#include "base/net_address.hpp"
#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {
namespace {

constexpr std::string_view user_unreserved = "&=+$,;?/";
// Comparing compares each with each.
constexpr std::size_t max_uri_headers = 32;

bool is_userinfo(std::string_view text) {
    return is_all(text, CharClass::userinfo) && has_good_escapes(text);
}

bool is_scheme(std::string_view text) {
    if (text.empty() || to_lower(text.front()) < 'a' || to_lower(text.front()) > 'z') return false;
    for (char c : text) {
        const char lower = to_lower(c);
        const bool alphanum = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
        if (!alphanum && c != '+' && c != '-' && c != '.') return false;
    }
    return true;
}

bool is_printable(std::string_view text) {
    for (char c : text)
        if (c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == '"') return false;
    return true;
}

std::string_view without_question_mark(std::string_view text) {
    return text.substr(0, text.find('?'));
}

// The parameters that must be on both sides or on none (RFC 3261 §19.1.4). transport is among them: its
// default differs.
constexpr std::string_view decisive_params[] = {"user", "ttl", "method", "maddr", "transport"};

bool params_match(const Params& a, const Params& b) {
    for (std::string_view name : decisive_params)
        if (a.has(name) != b.has(name)) return false;
    bool match = true;
    a.for_each([&](Param param) {
        // Of two with one name, which RFC 3261 §19.1.1 forbids, the first counts.
        const auto other = b.get(param.name);
        if (other && !iequals(*other, *a.get(param.name))) match = false;
    });
    return match;
}

bool hosts_match(const std::string& a, const std::string& b) {
    if (iequals(a, b)) return true;
    if (a.empty() || a.front() != '[') return false;
    // RFC 5118 §4.1: the same IPv6 address has many spellings.
    const auto left = IpAddress::parse(a), right = IpAddress::parse(b);
    return left && right && *left == *right;
}

// Calls visit(name, value) for each "name=value" of the part behind '?'.
template <typename Visit>
void for_each_header(std::string_view headers, Visit&& visit) {
    while (!headers.empty()) {
        const Split piece = split_once(headers, '&');
        const Split pair = split_once(piece.head, '=');
        visit(pair.head, pair.tail.value_or(std::string_view{}));
        headers = piece.tail.value_or(std::string_view{});
    }
}

std::size_t count_headers(std::string_view headers) {
    std::size_t count = 0;
    for_each_header(headers, [&count](std::string_view, std::string_view) { ++count; });
    return count;
}

bool has_header(const Uri& uri, std::string_view name, std::string_view value) {
    bool found = false;
    for_each_header(uri.headers(), [&](std::string_view other_name, std::string_view other_value) {
        found = found || (iequals(percent_decode(other_name), name) && percent_decode(other_value) == value);
    });
    return found;
}

bool has_headers_of(const Uri& uri, const Uri& other) {
    bool all = true;
    for_each_header(other.headers(), [&](std::string_view name, std::string_view value) {
        all = all && has_header(uri, percent_decode(name), percent_decode(value));
    });
    return all;
}

// All headers of either are in the other, in any order. A component in one alone makes the URIs differ.
bool headers_match(const Uri& a, const Uri& b) {
    if (a.headers() == b.headers()) return true;
    return count_headers(a.headers()) == count_headers(b.headers()) && has_headers_of(a, b) &&
           has_headers_of(b, a);
}

}  // namespace

bool is_host(std::string_view text) {
    if (text.empty() || text.size() > 255) return false;
    if (text.front() == '[') return text.back() == ']' && IpAddress::parse(text).has_value();
    return is_all(text, CharClass::host);
}

bool is_same_domain(std::string_view a, std::string_view b) {
    if (a.ends_with('.')) a.remove_suffix(1);
    if (b.ends_with('.')) b.remove_suffix(1);
    return iequals(a, b);
}

std::optional<HostPort> parse_host_port(std::string_view text) {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
    HostPort out{trim_lws(text.substr(0, colon)), 0};
    if (!is_host(out.host)) return std::nullopt;
    if (colon == text.npos) return out;
    const auto port = parse_number<std::uint16_t>(trim_lws(text.substr(colon + 1)), 65535);
    if (!port || *port == 0) return std::nullopt;
    out.port = *port;
    return out;
}

std::optional<Uri> Uri::parse(std::string_view text) {
    const Split scheme = split_once(text, ':');
    if (!scheme.tail || !is_scheme(scheme.head)) return std::nullopt;
    std::optional<Uri> uri(std::in_place);
    if (iequals(scheme.head, "sip") || iequals(scheme.head, "sips")) {
        uri->scheme_ = scheme.head.size() == 3 ? Scheme::sip : Scheme::sips;
        if (!uri->parse_sip(*scheme.tail)) uri.reset();
    } else if (scheme.tail->empty() || !is_printable(*scheme.tail)) {
        uri.reset();
    } else {
        uri->scheme_ = Scheme::other;
        uri->seldom_.edit().other_scheme = scheme.head;
        uri->seldom_.edit().opaque = *scheme.tail;
    }
    return uri;
}

bool Uri::parse_sip(std::string_view rest) {
    // An '@' can stand nowhere but behind the user part, which itself may hold ';', '?' and '/'.
    if (const auto at = rest.find('@'); at != rest.npos) {
        const Split userinfo = split_once(rest.substr(0, at), ':');
        if (userinfo.head.empty() || !is_userinfo(rest.substr(0, at))) return false;
        user_ = userinfo.head;
        if (userinfo.tail && !userinfo.tail->empty()) seldom_.edit().password = *userinfo.tail;
        rest.remove_prefix(at + 1);
    }
    const std::string_view before_headers = without_question_mark(rest);
    if (before_headers.size() < rest.size()) {
        const std::string_view headers = rest.substr(before_headers.size() + 1);
        if (!is_userinfo(headers) || count_headers(headers) > max_uri_headers) return false;
        if (!headers.empty()) seldom_.edit().headers = headers;
    }
    const std::string_view host_text = before_headers.substr(0, before_headers.find(';'));
    auto params = Params::parse_uri(before_headers.substr(host_text.size()));
    if (!params || host_text.find_first_of(" \t") != host_text.npos) return false;
    const auto host_port = sip::parse_host_port(host_text);
    if (!host_port) return false;
    params_ = std::move(*params);
    host_ = host_port->host;
    port_ = host_port->port;
    return true;
}

Uri Uri::sip(std::string_view user, std::string_view host, std::uint16_t port) {
    Uri uri;
    uri.set_user(user);
    uri.set_host(host, port);
    return uri;
}

std::string_view Uri::scheme_name() const {
    switch (scheme_) {
        case Scheme::sip:
            return "sip";
        case Scheme::sips:
            return "sips";
        case Scheme::other:
            break;
    }
    return seldom_.get().other_scheme;
}

std::string Uri::user() const {
    return percent_decode(user_);
}

std::optional<std::string> Uri::header(std::string_view name) const {
    std::optional<std::string> found;
    for_each_header(headers(), [&](std::string_view key, std::string_view value) {
        if (!found && iequals(percent_decode(key), name)) found = percent_decode(value);
    });
    return found;
}

void Uri::set_user(std::string_view plain) {
    user_ = percent_encode(plain, user_unreserved);
}

void Uri::set_host(std::string_view host, std::uint16_t port) {
    host_ = host;
    port_ = port;
}

void Uri::append_to(std::string& out) const {
    out += scheme_name();
    out += ':';
    out += opaque();
    out += user_;
    if (!raw_password().empty()) {
        out += ':';
        out += raw_password();
    }
    if (!user_.empty()) out += '@';
    out += host_;
    if (port_ != 0) {
        out += ':';
        out += std::to_string(port_);
    }
    out += params_.text();
    if (!headers().empty()) {
        out += '?';
        out += headers();
    }
}

std::string Uri::to_string() const {
    std::string out;
    append_to(out);
    return out;
}

bool equivalent(const Uri& a, const Uri& b) {
    if (a == b) return true;
    if (!a.is_sip() || !b.is_sip()) {
        return a.scheme() == b.scheme() && iequals(a.scheme_name(), b.scheme_name()) &&
               a.opaque() == b.opaque();
    }
    return a.scheme() == b.scheme() && a.port() == b.port() && hosts_match(a.host(), b.host()) &&
           percent_normalize(a.raw_user()) == percent_normalize(b.raw_user()) &&
           percent_normalize(a.raw_password()) == percent_normalize(b.raw_password()) &&
           params_match(a.params(), b.params()) && headers_match(a, b);
}

}  // namespace rotunda::sip
