#include "signaling/header_fields.hpp"

#include <limits>

#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {
namespace {

constexpr std::string_view magic_cookie = "z9hG4bK";

// The text before the first ';' and the parameters behind it.
struct Head {
    std::string_view head;
    std::optional<Params> params;
};
Head split_params(std::string_view text) {
    const auto semicolon = text.find(';');
    if (semicolon == text.npos) return {trim_lws(text), Params{}};
    return {trim_lws(text.substr(0, semicolon)), Params::parse(text.substr(semicolon))};
}

// Takes the text up to the first white space off `rest`, and that white space with it.
std::string_view take_word(std::string_view& rest) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    rest = trim_lws(rest.substr(word.size()));
    return word;
}

// *(token LWS) (RFC 3261 §25.1), and what phones send beside it: any character that cannot be mistaken for
// structure.
bool is_unquoted_display_name(std::string_view text) {
    return text.find_first_of("\"<>,;\\") == text.npos;
}

// "..." <uri> ;params or tokens <uri> ;params
std::optional<NameAddr> parse_bracketed(std::string_view text, std::size_t open) {
    std::optional<NameAddr> out(std::in_place);
    std::string_view display = trim_lws(text.substr(0, open));
    if (!display.empty() && display.front() == '"') {
        if (quoted_size(display) != display.size()) return std::nullopt;
        out->display_name = unquote(display);
    } else if (is_unquoted_display_name(display)) {
        out->display_name = display;
    } else {
        return std::nullopt;
    }
    const auto close = text.find('>', open);
    if (close == text.npos) return std::nullopt;
    auto uri = Uri::parse(text.substr(open + 1, close - open - 1));
    auto params = Params::parse(text.substr(close + 1));
    if (!uri || !params) return std::nullopt;
    out->uri = std::move(*uri);
    out->params = std::move(*params);
    return out;
}

}  // namespace

std::optional<NameAddr> NameAddr::parse(std::string_view text) {
    text = trim_lws(text);
    // A quoted display name may hold '<'.
    const std::size_t quoted = quoted_size(text);
    const auto open = text.find('<', quoted);
    // A '<' inside a quoted parameter value opens no URI.
    const auto semicolon = text.find(';', quoted);
    if (open != text.npos && (semicolon == text.npos || open < semicolon)) return parse_bracketed(text, open);

    auto [head, params] = split_params(text);
    if (!params || head.find_first_of("?,") != head.npos) return std::nullopt;
    auto uri = Uri::parse(head);
    if (!uri) return std::nullopt;
    return NameAddr{{}, std::move(*uri), std::move(*params)};
}

std::string NameAddr::to_string() const {
    std::string out;
    if (!display_name.empty()) {
        out = quote(display_name);
        out += ' ';
    }
    out += '<';
    uri.append_to(out);
    out += '>';
    out += params.text();
    return out;
}

std::optional<Via> Via::parse(std::string_view text) {
    auto [head, params] = split_params(text);
    if (!params) return std::nullopt;
    const Split name = split_once(head, '/');
    const Split version = split_once(name.tail.value_or(std::string_view{}), '/');
    std::string_view rest = trim_lws(version.tail.value_or(std::string_view{}));
    const std::string_view transport = take_word(rest);
    const auto sent_by = parse_host_port(rest);
    const std::string_view protocol_name = trim_lws(name.head), protocol_version = trim_lws(version.head);
    if (!is_token(protocol_name) || !is_token(protocol_version) || !is_token(transport) || !sent_by)
        return std::nullopt;

    std::optional<Via> via(std::in_place);
    via->protocol.assign(protocol_name).append("/").append(protocol_version);
    via->transport = transport;
    via->host = sent_by->host;
    via->port = sent_by->port;
    via->params = std::move(*params);
    return via;
}

bool Via::has_rfc3261_branch() const {
    const std::string_view value = branch();
    return value.size() > magic_cookie.size() && iequals(value.substr(0, magic_cookie.size()), magic_cookie);
}

std::optional<std::uint16_t> Via::rport() const {
    return parse_number<std::uint16_t>(params.get("rport").value_or(std::string_view{}), 65535);
}

std::string Via::to_string() const {
    std::string out;
    out.reserve(protocol.size() + transport.size() + host.size() + params.text().size() + 8);
    out.append(protocol).append("/").append(transport).append(" ").append(host);
    if (port != 0) out.append(":").append(std::to_string(port));
    out += params.text();
    return out;
}

std::optional<CSeq> CSeq::parse(std::string_view text) {
    std::string_view rest = trim_lws(text);
    const auto number = parse_number(take_word(rest), std::numeric_limits<std::uint32_t>::max());
    if (!number || !is_token(rest)) return std::nullopt;
    return CSeq{*number, Method::from(rest)};
}

std::string CSeq::to_string() const {
    std::string out = std::to_string(number);
    out += ' ';
    out += method.name();
    return out;
}

std::optional<RAck> RAck::parse(std::string_view text) {
    std::string_view rest = trim_lws(text);
    const auto rseq = parse_number(take_word(rest), std::numeric_limits<std::uint32_t>::max());
    auto cseq = CSeq::parse(rest);
    if (!rseq || !cseq) return std::nullopt;
    return RAck{*rseq, std::move(*cseq)};
}

std::string RAck::to_string() const {
    return std::to_string(rseq) + ' ' + cseq.to_string();
}

std::optional<MediaType> MediaType::parse(std::string_view text) {
    auto [head, params] = split_params(text);
    const Split types = split_once(head, '/');
    const std::string_view type = trim_lws(types.head);
    const std::string_view subtype = trim_lws(types.tail.value_or(std::string_view{}));
    if (!params || !is_token(type) || !is_token(subtype)) return std::nullopt;
    return MediaType{std::string(type), std::string(subtype), std::move(*params)};
}

bool MediaType::is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return iequals(type, wanted_type) && iequals(subtype, wanted_subtype);
}

bool MediaType::accepts(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return (type == "*" || iequals(type, wanted_type)) &&
           (subtype == "*" || iequals(subtype, wanted_subtype));
}

std::string MediaType::to_string() const {
    return type + '/' + subtype + params.text();
}

std::optional<ValueWithParams> ValueWithParams::parse(std::string_view text) {
    auto [head, params] = split_params(text);
    if (!params || head.empty() || head.find_first_of(" \t,") != head.npos) return std::nullopt;
    return ValueWithParams{std::string(head), std::move(*params)};
}

std::string ValueWithParams::to_string() const {
    return value + params.text();
}

std::optional<Warning> Warning::parse(std::string_view text) {
    std::string_view rest = trim_lws(text);
    const std::string_view code_text = take_word(rest);
    const auto code = parse_number<std::uint16_t>(code_text, 999);
    const std::string_view agent = take_word(rest);
    if (!code || *code < 100 || code_text.size() != 3 || agent.empty()) return std::nullopt;
    if (rest.empty() || quoted_size(rest) != rest.size()) return std::nullopt;
    return Warning{*code, std::string(agent), unquote(rest)};
}

std::string Warning::to_string() const {
    return std::to_string(code) + ' ' + agent + ' ' + quote(text);
}

std::optional<RetryAfter> RetryAfter::parse(std::string_view text) {
    text = trim_lws(text);
    const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
    const auto seconds = parse_delta_seconds(digits);
    std::string_view rest = trim_lws(text.substr(digits.size()));
    if (!rest.empty() && rest.front() == '(') {
        const auto close = rest.rfind(')');
        if (close == rest.npos) return std::nullopt;
        rest.remove_prefix(close + 1);
    }
    auto params = Params::parse(rest);
    if (!seconds || !params) return std::nullopt;
    return RetryAfter{*seconds, std::move(*params)};
}

std::optional<std::uint32_t> parse_delta_seconds(std::string_view text) {
    text = trim_lws(text);
    if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    return parse_number(text, most).value_or(most);
}

}  // namespace rotunda::sip
