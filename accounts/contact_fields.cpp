#include "accounts/contact_fields.hpp"

#include <utility>

#include "base/text.hpp"
#include "signaling/response_route.hpp"

namespace rotunda::accounts {
namespace {

using sip::HeaderId;

// RFC 3261 §25.1 qvalue: 0 to 1 with up to three digits. What is not one counts as 1.
int read_q(std::string_view text) {
    const Split parts = split_once(text, '.');
    const std::string_view digits = parts.tail.value_or(std::string_view{});
    if (parts.head != "0" || digits.size() > 3) return 1000;
    int value = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const char digit = i < digits.size() ? digits[i] : '0';
        if (digit < '0' || digit > '9') return 1000;
        value = value * 10 + (digit - '0');
    }
    return value;
}

}  // namespace

bool is_usable_contact(const sip::NameAddr& contact) {
    return contact.uri.is_sip() && contact.uri.valid();
}

std::optional<Duration> requested_expiry(const sip::NameAddr& contact, const sip::SipMessage& request) {
    auto wanted = sip::parse_delta_seconds(contact.params.get("expires").value_or(std::string_view{}));
    if (!wanted) wanted = request.expires();
    if (!wanted) return std::nullopt;
    return std::chrono::seconds(*wanted);
}

Binding make_binding(sip::NameAddr contact, const sip::RequestReceived& event) {
    Binding binding;
    binding.q = read_q(contact.params.get("q").value_or("1"));
    contact.params.remove("expires");
    contact.params.remove("q");
    binding.call_id = event.request.call_id();
    binding.cseq = event.request.cseq().number;
    binding.path = event.request.name_addrs(HeaderId::path);
    binding.flow = way_to(event);
    binding.instance = contact.params.unquoted("+sip.instance");
    // RFC 5626 §6: reg-id counts only with an instance.
    if (!binding.instance.empty())
        binding.reg_id =
            parse_number(contact.params.get("reg-id").value_or(std::string_view{}), 0x7fffffff).value_or(0);
    binding.contact = std::move(contact);
    binding.asked = asked_with(event.request);
    return binding;
}

std::optional<sip::Flow> way_to(const sip::RequestReceived& event) {
    if (event.request.count(HeaderId::via) != 1) return std::nullopt;
    if (is_reliable(event.flow.transport)) return event.flow;
    return sip::response_flow(event.request.top_via(), event.flow);
}

// No parsed value holds a line feed: two different lists of fields never make the same text.
std::string asked_with(const sip::SipMessage& request) {
    if (request.count(HeaderId::contact) != 1) return {};
    std::string text;
    for (std::size_t i = 0; i < request.header_count(); ++i) {
        const auto header = request.header_at(i);
        if (header.id == HeaderId::contact || header.id == HeaderId::expires || header.id == HeaderId::path)
            text.append(header.name).append(header.value).append("\n");
    }
    return text;
}

bool passes_first_hop(const sip::SipMessage& request) {
    if (request.count(HeaderId::via) == 1) return true;
    const auto path = request.name_addrs(HeaderId::path);
    return !path.empty() && path.back().uri.has_param("ob");
}

std::string q_text(int thousandths) {
    std::string text = std::to_string(1000 + thousandths);
    text.replace(0, 1, "0.");
    while (text.back() == '0' && text.size() > 3) text.pop_back();
    return text;
}

}  // namespace rotunda::accounts
