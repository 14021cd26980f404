// What a REGISTER says of one contact (RFC 3261 §10.2.1, §20.10; RFC 5626 §4.2). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "accounts/binding.hpp"
#include "base/time.hpp"
#include "signaling/transaction_event.hpp"

namespace rotunda::accounts {

// A SIP URI with a host. How long it may be is max_contact_size.
bool is_usable_contact(const sip::NameAddr& contact);
inline constexpr std::size_t max_contact_size = 1024;
// Its expires, else the request's Expires; nullopt where neither says anything that can be understood.
std::optional<Duration> requested_expiry(const sip::NameAddr& contact, const sip::SipMessage& request);
// All but the times.
Binding make_binding(sip::NameAddr contact, const sip::RequestReceived& event);
// Where requests to him go, as our answers do (RFC 3261 §18.2.2, interop rule 15); nullopt with a proxy
// between us, whose flow it is.
std::optional<sip::Flow> way_to(const sip::RequestReceived& event);
// All that says which contact is meant, for how long, and by what way, in the peer's own words. Empty where
// there is not just one.
std::string asked_with(const sip::SipMessage& request);
// RFC 5626 §6: the first hop is we ourselves, or a proxy that says it keeps the flow ("ob").
bool passes_first_hop(const sip::SipMessage& request);

// "0.5" for 500 thousandths.
std::string q_text(int thousandths);

}  // namespace rotunda::accounts
