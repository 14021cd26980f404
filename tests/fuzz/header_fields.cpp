// Any text as the value of each structured header field. The first octet says which; the rest is what the
// message parser lets pass as a value.
#include "signaling/header_fields.hpp"

#include "accounts/authority.hpp"
#include "accounts/contact_fields.hpp"
#include "signaling/grammar.hpp"
#include "signaling/refer.hpp"
#include "signaling/session_timer.hpp"
#include "signaling/transaction_event.hpp"
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

SipMessage with(HeaderId id, std::string_view value) {
    SipMessage request = SipMessage::request(Method::register_, Uri::sip({}, "example.com"));
    request.add(id, value);
    return request;
}

// As the registrar reads it, with the wishes beside the address.
void contact(std::string_view text) {
    auto address = NameAddr::parse(text);
    if (!address || is_full(address->params)) return;
    const RequestReceived event{{}, with(HeaderId::contact, text), {}};
    const auto expiry = accounts::requested_expiry(*address, event.request);
    if (expiry) require(*expiry >= Duration(0), "nothing expires before it begins");
    const accounts::Binding binding = accounts::make_binding(*address, event);
    require(binding.q >= 0 && binding.q <= 1000, "q is 0 to 1");
    require(!binding.contact.params.has("q") && !binding.contact.params.has("expires"), "wishes stay here");
    if (accounts::is_usable_contact(*address))
        require(accounts::is_same_contact(binding, binding), "a contact is itself");
    if (binding.q == 1000) return;
    address->params.set("q", accounts::q_text(binding.q));
    require(accounts::make_binding(*address, event).q == binding.q, "q reads back");
}

// To's and From's tag is found without decoding the field where that can be done.
void tag(std::string_view text) {
    const auto address = NameAddr::parse(text);
    const SipMessage message = with(HeaderId::from, text);
    require(message.from_tag() == (address ? address->tag() : ""), "the short way finds the same tag");
}

void privacy(std::string_view text) {
    const auto is_shown = [](std::string_view value) {
        SipMessage request = with(HeaderId::privacy, value);
        request.add(HeaderId::p_asserted_identity, "<sip:anna@example.com>");
        return accounts::asserted_caller(request, Identity::trunk("carrier")).has_value();
    };
    require(!is_shown(std::string(text) + "; ID"), "privacy may be asked for in any place");
    require(is_shown("none;" + std::string(text)) == is_shown(text), "what asks for nothing changes nothing");
}

void min_se(std::string_view text) {
    const auto floor = min_se_in(with(HeaderId::min_se, text));
    require(floor >= std::chrono::seconds(90), "nobody makes us refresh more often (RFC 4028 §4)");
    require(min_se_in(with(HeaderId::min_se, std::to_string(floor.count()) + ";x=1")) == floor,
            "what is written reads back");
}

struct FieldCheck {
    char name;
    void (*check)(std::string_view);
};
constexpr FieldCheck targets[] = {
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
    {'t', contact},
    {'g', tag},
    {'i', privacy},
    {'n', min_se},
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::as_text(data, size);
    if (input.empty() || !is_header_value(input.substr(1))) return 0;
    for (const FieldCheck& target : targets)
        if (target.name == input.front()) target.check(input.substr(1));
    return 0;
}
