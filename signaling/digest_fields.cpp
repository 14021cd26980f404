#include "signaling/digest_fields.hpp"

#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {
namespace {

constexpr std::string_view scheme_name = "Digest";

// A whole quoted-string, or text that cannot be mistaken for structure (phones leave quotes away).
bool is_field_value(std::string_view value) {
    if (!value.empty() && value.front() == '"') return quoted_size(value) == value.size();
    return value.find_first_of("\" \t,") == value.npos;
}

}  // namespace

std::optional<DigestFields> DigestFields::parse_with_scheme(std::string_view text) {
    text = trim_lws(text);
    if (text.size() <= scheme_name.size() || !iequals(text.substr(0, scheme_name.size()), scheme_name))
        return std::nullopt;
    text.remove_prefix(scheme_name.size());
    if (text.front() != ' ' && text.front() != '\t') return std::nullopt;
    return parse(text);
}

std::optional<DigestFields> DigestFields::parse(std::string_view text) {
    std::optional<DigestFields> out(std::in_place);
    ListReader list(text);
    while (const auto element = list.next()) {
        if (element->empty()) continue;  // RFC 7230 §7: a list may have empty elements
        const Split pair = split_once(*element, '=');
        const std::string_view name = trim_lws(pair.head);
        if (!pair.tail || !is_token(name) || out->size_ == max_fields) return std::nullopt;
        const std::string_view value = trim_lws(*pair.tail);
        if (!is_field_value(value)) return std::nullopt;
        out->fields_[out->size_++] = {name, value};
    }
    return out;
}

std::string DigestFields::get(std::string_view name) const {
    for (std::size_t i = 0; i < size_; ++i)
        if (iequals(fields_[i].name, name)) return unquote(fields_[i].value);
    return {};
}

DigestFieldWriter::DigestFieldWriter(std::string_view scheme) : out_(scheme) {
    if (!out_.empty()) out_ += ' ';
}

void DigestFieldWriter::begin(std::string_view name) {
    if (!first_) out_ += ", ";
    first_ = false;
    out_.append(name).append("=");
}

DigestFieldWriter& DigestFieldWriter::quoted(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    begin(name);
    out_ += quote(value);
    return *this;
}

DigestFieldWriter& DigestFieldWriter::token(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    begin(name);
    out_ += value;
    return *this;
}

}  // namespace rotunda::sip
