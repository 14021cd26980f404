#include "accounts/registrar.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "accounts/contact_fields.hpp"
#include "base/text.hpp"

namespace rotunda::accounts {
namespace {

using sip::HeaderId;
using sip::NameAddr;
using sip::RequestReceived;
using sip::SipMessage;

constexpr std::size_t max_path = 8;

std::uint32_t seconds(Duration time) {
    return static_cast<std::uint32_t>(time / std::chrono::seconds(1));
}

// §10.3 step 7: of one Call-ID only what is newer counts.
bool is_out_of_order(const Binding& known, const SipMessage& request) {
    return known.call_id == request.call_id() && known.cseq >= request.cseq().number;
}

RegisterAnswer out_of_order() {
    return {500, "Register Out of Order", {}};
}

bool is_of(const Binding& binding, const SipMessage& request) {
    return binding.call_id == request.call_id() && binding.cseq == request.cseq().number;
}

// Who has too many contacts has nearly always one phone, whose port or address changed: what has lost its
// connection goes first, then the oldest; of what he registers just now nothing.
auto let_go_first(const SipMessage& request) {
    return [&request](const Binding& each) {
        return std::tuple(is_of(each, request), each.flow || !each.path.empty(), each.registered);
    };
}

// §10.2.2: "*" stands alone and takes everything away.
bool is_removal_of_all(const SipMessage& request) {
    return request.values(HeaderId::contact).size() == 1 && request.expires() == 0;
}

bool has_oversized_contact(const SipMessage& request) {
    for (const std::string_view contact : request.values(HeaderId::contact))
        if (contact.size() > max_contact_size) return true;
    return false;
}

}  // namespace

RegisterAnswer Registrar::on_register(const RequestReceived& event, TimePoint now) {
    if (auto refused = check(event)) return *refused;
    const std::string user = event.request.to().uri.user();
    if (refresh(event, user, now)) return success(event, locations_.bindings(user), now);
    std::vector<Binding> bindings = locations_.bindings(user);
    std::erase_if(bindings, [now](const Binding& each) { return each.expires <= now; });
    // Nothing changes unless everything can (§10.3 step 7).
    const bool asks_only = !event.request.has(HeaderId::contact);
    if (!asks_only)
        if (auto refused = apply_contacts(event, locations_.bindings(user), bindings, now)) return *refused;
    RegisterAnswer answer = success(event, bindings, now);
    if (!asks_only) locations_.replace(user, std::move(bindings));
    return answer;
}

bool Registrar::refresh(const RequestReceived& event, std::string_view user, TimePoint now) {
    const SipMessage& request = event.request;
    const auto way = way_to(event);
    return locations_.refresh(user,
                              {asked_with(request), request.call_id(), request.cseq().number,
                               way ? &*way : nullptr, settings_.min_expires, settings_.max_expires},
                              now);
}

// §10.3 steps 1, 4 and 5. Whether the user exists shows in nothing: who cannot prove to be him is challenged
// before.
Registrar::Refused Registrar::check(const RequestReceived& event) const {
    const sip::Uri& record = event.request.to().uri;
    if (!gatekeeper_.is_ours(event.request.uri(), event.flow) || !gatekeeper_.is_ours(record, event.flow))
        return RegisterAnswer{404, "Not a Domain of Ours", {}};
    if (!event.identity.is_user() || event.identity.name != record.user())
        return RegisterAnswer{403, "Not Your Address", {}};
    if (event.request.count(HeaderId::path) > max_path) return RegisterAnswer{400, "Path Too Long", {}};
    return std::nullopt;
}

Registrar::Refused Registrar::apply_contacts(const RequestReceived& event, const std::vector<Binding>& known,
                                             std::vector<Binding>& bindings, TimePoint now) {
    if (event.request.has_star_contact()) {
        if (!is_removal_of_all(event.request)) return RegisterAnswer{400, "Contact * Stands Alone", {}};
        for (const Binding& each : bindings)
            if (is_out_of_order(each, event.request)) return out_of_order();
        bindings.clear();
        return std::nullopt;
    }
    if (has_oversized_contact(event.request)) return RegisterAnswer{400, "Unusable Contact", {}};
    const std::size_t before = bindings.size();
    for (NameAddr& contact : event.request.contacts())
        if (auto refused = apply_contact(std::move(contact), event, known, bindings, now)) return refused;
    while (bindings.size() > before && bindings.size() > settings_.max_contacts) {
        const auto oldest = std::ranges::min_element(bindings, {}, let_go_first(event.request));
        if (is_of(*oldest, event.request)) return RegisterAnswer{403, "Too Many Contacts", {}};
        bindings.erase(oldest);
    }
    if (bindings.size() > before && locations_.size() + bindings.size() - before > settings_.max_bindings)
        return RegisterAnswer{503, {}, {{HeaderId::retry_after, "60"}}};
    return std::nullopt;
}

Registrar::Refused Registrar::apply_contact(NameAddr contact, const RequestReceived& event,
                                            const std::vector<Binding>& known, std::vector<Binding>& bindings,
                                            TimePoint now) const {
    if (!is_usable_contact(contact)) return RegisterAnswer{400, "Unusable Contact", {}};
    const Duration wanted = requested_expiry(contact, event.request).value_or(settings_.max_expires);
    if (wanted > Duration(0) && wanted < settings_.min_expires)
        return RegisterAnswer{
            423, {}, {{HeaderId::min_expires, std::to_string(seconds(settings_.min_expires))}}};
    Binding binding = make_binding(std::move(contact), event);
    if (binding.is_outbound() && !passes_first_hop(event.request)) {
        if (event.request.lists(HeaderId::supported, "outbound"))
            return RegisterAnswer{439, "First Hop Lacks Outbound Support", {}};
        binding.reg_id = 0;  // RFC 5626 §6: who does not ask for it by Supported has an ordinary contact
    }
    binding.registered = now;
    binding.wanted = wanted;
    binding.expires = now + std::min(wanted, settings_.max_expires);
    const auto is_it = [&](const Binding& each) { return is_same_contact(each, binding); };
    for (const Binding& each : known)
        if (each.expires > now && is_it(each) && is_out_of_order(each, event.request)) return out_of_order();
    std::erase_if(bindings, is_it);
    if (wanted > Duration(0)) bindings.push_back(std::move(binding));
    return std::nullopt;
}

// §10.3 step 8, RFC 3327 §5.3, RFC 5626 §6.
RegisterAnswer Registrar::success(const RequestReceived& event, const std::vector<Binding>& bindings,
                                  TimePoint now) const {
    RegisterAnswer answer;
    for (const Binding& each : bindings) {
        // It is kept without these two. Rounded up: who refreshes at half of it never does so too late, and 0
        // would mean removed.
        std::string contact = each.contact.to_string();
        contact += ";expires=";
        contact += std::to_string(seconds(each.expires - now + std::chrono::nanoseconds(999'999'999)));
        if (each.q != 1000) contact.append(";q=").append(q_text(each.q));
        answer.headers.push_back({HeaderId::contact, std::move(contact)});
    }
    for (const NameAddr& path : event.request.name_addrs(HeaderId::path))
        answer.headers.push_back({HeaderId::path, path.to_string()});
    const bool outbound = std::any_of(bindings.begin(), bindings.end(), [&](const Binding& each) {
        return each.is_outbound() && each.call_id == event.request.call_id();
    });
    if (outbound) {
        answer.headers.push_back({HeaderId::require, "outbound"});
        answer.headers.push_back({HeaderId::flow_timer, std::to_string(seconds(settings_.flow_timer))});
    }
    return answer;
}

}  // namespace rotunda::accounts
