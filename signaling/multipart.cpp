#include "signaling/multipart.hpp"

#include <algorithm>
#include <initializer_list>

#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {
namespace {

constexpr BodyRefusal bad_multipart{400, "Bad Multipart Body"};
constexpr std::size_t max_part_head = 8192;

// What the Content-* fields of a message or a part say.
struct ContentFields {
    std::optional<std::string_view> type, disposition, encoding, transfer_encoding, id;
};

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> choices) {
    for (std::string_view choice : choices)
        if (iequals(value, choice)) return true;
    return false;
}

// False if a field is there and makes no sense.
bool describe(const ContentFields& fields, BodyPart& part) {
    auto type = MediaType::parse(fields.type.value_or("text/plain"));
    if (!type) return false;
    part.type = std::move(*type);
    part.disposition = part.type.is("application", "sdp") ? "session" : "render";
    part.content_id = fields.id.value_or(std::string_view{});
    // Location objects beside SDP carry a Content-ID for the Geolocation field and no disposition (RFC 6442
    // §5).
    part.required = fields.disposition || !fields.id || part.disposition == "session";
    if (fields.disposition) {
        const auto disposition = ValueWithParams::parse(*fields.disposition);
        if (!disposition) return false;
        part.disposition = disposition->value;
        // RFC 3261 §20.11: without a handling parameter, required.
        part.required = !iequals(disposition->params.unquoted("handling"), "optional") &&
                        !iequals(disposition->value, "by-reference");
    }
    part.plain = is_one_of(fields.encoding.value_or(std::string_view{}), {"", "identity"}) &&
                 is_one_of(fields.transfer_encoding.value_or("binary"), {"binary", "8bit", "7bit"});
    return true;
}

// Reads the header fields of a part; `head` has been unfolded.
std::optional<ContentFields> read_fields(std::string_view head) {
    ContentFields fields;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const Split field = split_once(head.substr(0, end), ':');
        head.remove_prefix(end == head.npos ? head.size() : end + 2);
        const std::string_view name = trim_lws(field.head);
        if (!field.tail || !is_token(name)) return std::nullopt;
        const std::string_view value = trim_lws(*field.tail);
        if (iequals(name, "Content-Type") || iequals(name, "c")) fields.type = value;
        if (iequals(name, "Content-Disposition")) fields.disposition = value;
        if (iequals(name, "Content-Encoding") || iequals(name, "e")) fields.encoding = value;
        if (iequals(name, "Content-Transfer-Encoding")) fields.transfer_encoding = value;
        if (iequals(name, "Content-ID")) fields.id = value;
    }
    return fields;
}

std::string unfold(std::string_view head) {
    std::string text(head);
    for (auto end = text.find("\r\n"); end != text.npos; end = text.find("\r\n", end + 1))
        if (end + 2 < text.size() && (text[end + 2] == ' ' || text[end + 2] == '\t'))
            text[end] = text[end + 1] = ' ';
    return text;
}

// A part as it stands between two delimiters: header fields, empty line, content; without fields it begins
// with the empty line (RFC 2046 §5.1.1).
std::optional<BodyPart> read_part(std::string_view text) {
    std::string_view head;
    BodyPart part;
    if (text.starts_with("\r\n")) {
        part.content = text.substr(2);
    } else {
        const auto end = text.find("\r\n\r\n");
        if (end == text.npos || end > max_part_head) return std::nullopt;
        head = text.substr(0, end);
        part.content = text.substr(end + 4);
    }
    const std::string unfolded = unfold(head);
    const auto fields = read_fields(unfolded);
    if (!fields || !describe(*fields, part)) return std::nullopt;
    return part;
}

// A line "--boundary" or "--boundary--", white space behind it allowed.
struct Delimiter {
    std::size_t begin = 0;  // with the CRLF before it, which belongs to it
    std::size_t end = 0;    // behind its own CRLF
    bool last = false;
};

std::optional<Delimiter> find_delimiter(std::string_view body, std::string_view marker, std::size_t from) {
    for (auto at = body.find(marker, from); at != body.npos; at = body.find(marker, at + 1)) {
        const bool at_line_begin = at == 0 || (at >= 2 && body.substr(at - 2, 2) == "\r\n");
        if (!at_line_begin) continue;
        Delimiter found{at == 0 ? 0 : at - 2, at + marker.size(), false};
        if (body.substr(found.end).starts_with("--")) {
            found.last = true;
            return found;
        }
        while (found.end < body.size() && (body[found.end] == ' ' || body[found.end] == '\t')) ++found.end;
        if (!body.substr(found.end).starts_with("\r\n")) continue;
        found.end += 2;
        return found;
    }
    return std::nullopt;
}

// RFC 2046 §5.1.1: 1 to 70 characters, the last no space.
bool is_boundary(std::string_view text) {
    return !text.empty() && text.size() <= 70 && text.back() != ' ';
}

// Appends the children of parts[index]; false if the multipart is broken or too large.
bool split(std::vector<BodyPart>& parts, std::size_t index) {
    const std::string boundary = parts[index].type.params.unquoted("boundary");
    if (!is_boundary(boundary) || parts[index].depth >= max_body_depth) return false;
    const std::string marker = "--" + boundary;
    const std::string_view body = parts[index].content;

    auto open = find_delimiter(body, marker, 0);
    while (open && !open->last) {
        const auto close = find_delimiter(body, marker, open->end);
        if (!close || parts.size() >= max_body_parts) return false;
        auto part = read_part(body.substr(open->end, std::max(close->begin, open->end) - open->end));
        if (!part) return false;
        part->parent = index;
        part->depth = parts[index].depth + 1;
        parts.push_back(std::move(*part));
        open = close;
    }
    // A multipart has at least one part, and its end says so.
    return open && parts.back().parent == index;
}

// What a part of the tree comes to: the description found in it, and whether it holds something that must not
// be ignored.
struct Outcome {
    std::optional<std::string_view> description;
    bool unmet = false;
};

Outcome judge_leaf(const BodyPart& part) {
    const bool is_session = part.type.is("application", "sdp") && iequals(part.disposition, "session");
    if (is_session && part.plain) return {part.content, false};
    return {std::nullopt, part.required};
}

// Children come last to first.
void fold_into(Outcome& parent, const Outcome& child, bool alternative) {
    if (!alternative) {
        if (child.description) parent.description = child.description;
        parent.unmet = parent.unmet || child.unmet;
    } else if (!parent.description && !child.unmet) {
        // RFC 2046 §5.1.4: the last choice one understands is the best.
        parent.description = child.description;
    }
}

}  // namespace

bool BodyPart::is_multipart() const {
    return iequals(type.type, "multipart");
}

Result<std::vector<BodyPart>, BodyRefusal> walk_body(const SipMessage& message) {
    std::vector<BodyPart> parts;
    if (message.body().empty()) return parts;
    const ContentFields fields{message.header(HeaderId::content_type),
                               message.header(HeaderId::content_disposition),
                               message.header(HeaderId::content_encoding),
                               message.header("Content-Transfer-Encoding"), message.header("Content-ID")};
    // RFC 3261 §20.15: a body has a type.
    if (!fields.type) return fail(BodyRefusal{400, "Missing Content-Type"});
    BodyPart body;
    if (!describe(fields, body)) return fail(BodyRefusal{400, "Bad Content-Type or Content-Disposition"});
    body.content = message.body();
    parts.push_back(std::move(body));
    for (std::size_t i = 0; i < parts.size(); ++i) {
        // What cannot be read, or need not be, is not looked into.
        if (!parts[i].is_multipart() || !parts[i].plain) continue;
        if (!split(parts, i)) return fail(bad_multipart);
    }
    return parts;
}

Result<std::optional<std::string_view>, BodyRefusal> find_session_description(const SipMessage& message) {
    const auto parts = walk_body(message);
    if (!parts) return fail(parts.error());
    std::vector<Outcome> outcomes(parts->size());
    // Children stand behind their parents, so that backwards every part is judged before the one it is in.
    for (std::size_t i = parts->size(); i-- > 0;) {
        const BodyPart& part = (*parts)[i];
        const bool container = part.is_multipart() && part.plain;
        Outcome outcome = container ? outcomes[i] : judge_leaf(part);
        if (container && iequals(part.type.subtype, "alternative") && !outcome.description)
            outcome.unmet = true;
        outcome.unmet = outcome.unmet && part.required;
        if (i == 0) {
            if (outcome.unmet) return fail(BodyRefusal{415, reason_phrase(415)});
            return outcome.description;
        }
        fold_into(outcomes[part.parent], outcome, iequals((*parts)[part.parent].type.subtype, "alternative"));
    }
    return std::optional<std::string_view>{};
}

std::optional<std::string> session_description_in(const SipMessage& message) {
    const auto found = find_session_description(message);
    if (!found || !*found) return std::nullopt;
    return std::string(**found);
}

}  // namespace rotunda::sip
