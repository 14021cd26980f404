#include "signaling/refer.hpp"

#include <utility>
#include <vector>

#include "base/text.hpp"
#include "signaling/grammar.hpp"
#include "signaling/header_fields.hpp"

namespace rotunda::sip {
namespace {

// Of exactly one parameter that goes by either name.
std::optional<std::string> the_only(const Params& params, std::string_view name, std::string_view other) {
    std::optional<std::string> found;
    bool twice = false;
    params.for_each([&](const Param& param) {
        if (!iequals(param.name, name) && !iequals(param.name, other)) return;
        twice = found.has_value();
        found = std::string(param.value);
    });
    if (twice || !found || found->empty()) return std::nullopt;
    return found;
}

// A header field's value that came escaped inside a URI must not become more than one line.
bool is_one_line(std::string_view value) {
    for (const char c : value)
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return false;
    return true;
}

}  // namespace

std::optional<DialogReference> DialogReference::parse(std::string_view value) {
    const auto parsed = ValueWithParams::parse(trim(value));
    if (!parsed) return std::nullopt;
    auto to = the_only(parsed->params, "to-tag", "local-tag");
    auto from = the_only(parsed->params, "from-tag", "remote-tag");
    if (!to || !from) return std::nullopt;
    // RFC 3891 §6.1: tag 0 stands for none, of a peer of RFC 2543.
    if (*from == "0") from->clear();
    if (*to == "0") to->clear();
    return DialogReference{{parsed->value, std::move(*to), std::move(*from)},
                           parsed->params.has("early-only")};
}

Result<std::optional<DialogReference>, int> dialog_reference(const SipMessage& request, HeaderId id) {
    const auto values = request.values(id);
    if (values.empty()) return std::optional<DialogReference>();
    auto reference = values.size() == 1 ? DialogReference::parse(values.front()) : std::nullopt;
    if (!reference) return fail(400);
    return reference;
}

Result<ReferWish, int> read_refer(const SipMessage& refer) {
    const auto values = refer.values(HeaderId::refer_to);
    auto to = values.size() == 1 ? NameAddr::parse(values.front()) : std::nullopt;
    if (!to || !to->uri.valid()) return fail(400);
    ReferWish wish;
    wish.target = std::move(to->uri);
    if (const auto method = wish.target.param("method")) wish.method = Method::from(*method);
    if (wish.method != Method::invite && wish.method != Method::bye) return fail(501);
    wish.replaces = wish.target.header("Replaces").value_or("");
    if (!wish.replaces.empty() && (!is_one_line(wish.replaces) || !DialogReference::parse(wish.replaces)))
        return fail(400);
    wish.target.clear_headers();
    wish.target.params().remove("method");
    const auto by = refer.header(HeaderId::referred_by);
    if (by && NameAddr::parse(*by)) wish.referred_by = *by;
    const auto sub = refer.header(HeaderId::refer_sub);
    const auto subscribes = sub ? ValueWithParams::parse(*sub) : std::nullopt;
    wish.subscribes = !subscribes || !iequals(subscribes->value, "false");
    return wish;
}

std::string to_sipfrag(int status) {
    return "SIP/2.0 " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n";
}

std::optional<int> sipfrag_status(std::string_view body) {
    const std::string_view line = trim(body.substr(0, body.find_first_of("\r\n")));
    constexpr std::string_view version = "SIP/2.0 ";
    if (line.size() < version.size() + 3 || !iequals(line.substr(0, version.size()), version))
        return std::nullopt;
    const std::string_view rest = line.substr(version.size());
    const auto status = parse_number<int>(rest.substr(0, 3), 699);
    if (!status || *status < 100 || (rest.size() > 3 && rest[3] != ' ')) return std::nullopt;
    return status;
}

}  // namespace rotunda::sip
