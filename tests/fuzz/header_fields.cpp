// Any text as the value of each structured header field. The first octet says which; the rest is what the
// message parser lets pass as a value.
#include "signaling/header_fields.hpp"

#include <array>

#include "signaling/grammar.hpp"
#include "signaling/refer.hpp"
#include "signaling/session_timer.hpp"
#include "tests/fuzz/round_trip.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::is_header_value;
using rotunda::fuzz::require;
using rotunda::fuzz::round_trip;

namespace {

// A field with as many parameters as may be has no room for ours: who sends that hears nobody but himself.
bool is_full(const Params& params) {
    int count = 0;
    params.for_each([&](Param) { ++count; });
    return count > 62;
}

void name_addr(std::string_view text) {
    round_trip<NameAddr>(text);
    auto address = NameAddr::parse(text);
    if (!address || is_full(address->params)) return;
    address->set_tag("t");
    const auto tagged = NameAddr::parse(address->to_string());
    require(tagged && tagged->tag() == "t", "a tag can be set");
}

void via(std::string_view text) {
    round_trip<Via>(text);
    auto via = Via::parse(text);
    if (!via || is_full(via->params)) return;
    require(is_host(via->host), "sent-by is a host");
    via->params.set("received", "192.0.2.1");
    via->params.set("rport", "5060");
    const auto answered = Via::parse(via->to_string());
    require(answered && answered->received() == "192.0.2.1" && answered->rport() == 5060,
            "where it came from can be noted");
}

void media_type(std::string_view text) {
    round_trip<MediaType>(text);
    const auto type = MediaType::parse(text);
    if (type) require(type->accepts(type->type, type->subtype), "a type accepts itself");
}

void retry_after(std::string_view text) {
    (void)RetryAfter::parse(text);
    (void)parse_delta_seconds(text);
}

void dialog_reference(std::string_view text) {
    const auto reference = DialogReference::parse(text);
    if (reference) require(!reference->dialog.call_id.empty(), "a dialog has a Call-ID");
}

void params(std::string_view text) {
    auto params = Params::parse(text);
    if (!params) return;
    require(Params::parse(params->text()) == params, "parameters read back");
    params->for_each([&](Param param) { require(params->has(param.name), "what is there is found"); });
    params->set("added", "1");
    require(params->get("added") == "1", "what is set is there");
    params->remove("added");
    require(!params->has("added"), "what is removed is gone");
}

void list(std::string_view text) {
    ListReader reader(text);
    std::size_t elements = 0;
    while (const auto element = reader.next()) {
        require(trim_lws(*element) == *element, "elements are trimmed");
        require(++elements <= text.size() + 1, "a list ends");
    }
}

void quoted(std::string_view text) {
    require(quoted_size(quote(text)) == quote(text).size(), "what is quoted is one quoted-string");
    require(unquote(quote(text)) == text, "and reads back");
    require(percent_decode(percent_encode(text, {})) == text, "what is escaped reads back");
}

struct Target {
    char name;
    void (*check)(std::string_view);
};
constexpr Target targets[] = {
    {'a', name_addr},
    {'v', via},
    {'c', round_trip<CSeq>},
    {'k', round_trip<RAck>},
    {'m', media_type},
    {'x', round_trip<ValueWithParams>},
    {'w', round_trip<Warning>},
    {'r', retry_after},
    {'s', round_trip<SessionExpires>},
    {'d', dialog_reference},
    {'p', params},
    {'l', list},
    {'q', quoted},
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::as_text(data, size);
    if (input.empty() || !is_header_value(input.substr(1))) return 0;
    for (const Target& target : targets)
        if (target.name == input.front()) target.check(input.substr(1));
    return 0;
}
