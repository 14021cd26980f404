// One contact a user has registered (RFC 3261 §10). A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "signaling/flow.hpp"
#include "signaling/header_fields.hpp"

namespace rotunda::accounts {

struct Binding {
    sip::NameAddr contact;  // as registered, without expires and q
    int q = 1000;           // thousandths
    std::string call_id;    // of the REGISTER that last changed it
    std::uint32_t cseq = 0;
    TimePoint registered;  // when it was last refreshed
    TimePoint expires;
    // What the REGISTER asked with (asked_with()), and for how long; who asks so again refreshes it.
    std::string asked;
    Duration wanted{};
    std::vector<sip::NameAddr> path;  // RFC 3327: the Route of a request to this contact
    // The way he registered, when it leads to him directly: it passes his NAT.
    std::optional<sip::Flow> flow;
    // RFC 5626: the phone, whatever its address, and which of its flows. Empty and 0 where he gave none.
    std::string instance;
    std::uint32_t reg_id = 0;

    bool is_outbound() const { return reg_id != 0; }
    friend bool operator==(const Binding&, const Binding&) = default;
};

// True if they are the same contact: the same flow of the same phone (RFC 5626 §6), or equivalent URIs.
bool is_same_contact(const Binding& a, const Binding& b);

}  // namespace rotunda::accounts
