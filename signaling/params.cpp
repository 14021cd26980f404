#include "signaling/params.hpp"

#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {
namespace {

// Look-ups scan: a peer must not make them long.
constexpr int max_params = 64;

// The size of the next ";..." piece without its semicolon; quotes are honoured.
std::size_t piece_size(std::string_view text) {
    const std::string_view plain = text.substr(0, text.find(';'));
    if (plain.find('"') == plain.npos) return plain.size();
    std::size_t i = 0;
    for (; i < text.size() && text[i] != ';'; ++i) {
        if (text[i] != '"') continue;
        const std::size_t quoted = quoted_size(text.substr(i));
        if (quoted == 0) return text.size();
        i += quoted - 1;
    }
    return i;
}

void append(std::string& out, std::string_view name, std::string_view value) {
    out += ';';
    out += name;
    if (value.empty()) return;
    out += '=';
    out += value;
}

}  // namespace

std::optional<Params> Params::parse(std::string_view text) {
    Params params;
    text = trim_lws(text);
    params.text_.reserve(text.size());
    for (int count = 0; !text.empty(); ++count) {
        if (text.front() != ';' || count == max_params) return std::nullopt;
        text.remove_prefix(1);
        const std::size_t size = piece_size(text);
        const Split pair = split_once(text.substr(0, size), '=');
        text.remove_prefix(size);

        const std::string_view name = trim_lws(pair.head);
        const std::string_view value = trim_lws(pair.tail.value_or(std::string_view{}));
        const bool quoted = !value.empty() && quoted_size(value) == value.size();
        if (!is_token(name) || !(quoted || is_all(value, CharClass::param_value))) return std::nullopt;
        append(params.text_, name, value);
    }
    return params;
}

std::optional<Params> Params::parse_uri(std::string_view text) {
    Params params;
    if (text.empty()) return params;
    if (!has_good_escapes(text)) return std::nullopt;
    params.text_.reserve(text.size());
    for (int count = 0; !text.empty(); ++count) {
        if (text.front() != ';' || count == max_params) return std::nullopt;
        text.remove_prefix(1);
        const std::string_view piece = text.substr(0, text.find(';'));
        text.remove_prefix(piece.size());
        const Split pair = split_once(piece, '=');
        if (pair.head.empty() || !is_all(piece, CharClass::uri_param)) return std::nullopt;
        if (piece.find('%') == piece.npos) {
            append(params.text_, pair.head, pair.tail.value_or(std::string_view{}));
        } else {
            append(params.text_, percent_normalize(pair.head),
                   percent_normalize(pair.tail.value_or(std::string_view{})));
        }
    }
    return params;
}

Param Params::read(std::size_t& at) const {
    const std::string_view rest = std::string_view(text_).substr(at + 1);
    const std::size_t size = piece_size(rest);
    at += 1 + size;
    const Split pair = split_once(rest.substr(0, size), '=');
    return {pair.head, pair.tail.value_or(std::string_view{})};
}

std::optional<std::pair<std::size_t, std::size_t>> Params::locate(std::string_view name) const {
    for (std::size_t at = 0; at < text_.size();) {
        const std::size_t begin = at;
        const std::string_view rest = std::string_view(text_).substr(at + 1);
        const std::size_t size = piece_size(rest);
        at += 1 + size;
        const bool has_end = size == name.size() || (size > name.size() && rest[name.size()] == '=');
        if (has_end && iequals(rest.substr(0, name.size()), name)) return std::pair{begin, at};
    }
    return std::nullopt;
}

std::optional<std::string_view> Params::get(std::string_view name) const {
    const auto found = locate(name);
    if (!found) return std::nullopt;
    std::size_t at = found->first;
    return read(at).value;
}

std::string Params::unquoted(std::string_view name) const {
    return unquote(get(name).value_or(std::string_view{}));
}

void Params::set(std::string_view name, std::string_view value) {
    std::string piece;
    append(piece, name, value);
    if (const auto found = locate(name)) {
        text_.replace(found->first, found->second - found->first, piece);
    } else {
        text_ += piece;
    }
}

void Params::remove(std::string_view name) {
    while (const auto found = locate(name)) text_.erase(found->first, found->second - found->first);
}

}  // namespace rotunda::sip
