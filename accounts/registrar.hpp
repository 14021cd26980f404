// The registrar of our domains (RFC 3261 §10.3), with Path (RFC 3327) and outbound flows (RFC 5626 §6).
// Sans-IO: a REGISTER in, its answer out; the bindings go to the location service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/gatekeeper.hpp"
#include "accounts/location_service.hpp"
#include "signaling/transaction_event.hpp"
#include "signaling/user_agent_command.hpp"

namespace rotunda::accounts {

struct RegistrarSettings {
    // A shorter time is refused with 423, a longer one cut (§10.3 step 7).
    Duration min_expires = std::chrono::minutes(1);
    Duration max_expires = std::chrono::hours(1);  // also for who asks for no particular time
    std::size_t max_contacts = 10;                 // of one user
    std::size_t max_bindings = 100'000;            // of all
    // RFC 5626 §4.4.1: how often a flow has to show life, as we tell in Flow-Timer.
    Duration flow_timer = std::chrono::minutes(2);
};

// A final response to a REGISTER: what goes beside the header fields that every response has.
struct RegisterAnswer {
    int status = 200;
    std::string phrase;  // empty: the usual one
    sip::ExtraHeaders headers;
};

class Registrar {
  public:
    // `gatekeeper` knows our domains and outlives the registrar.
    Registrar(RegistrarSettings settings, const Gatekeeper& gatekeeper)
        : settings_(settings), gatekeeper_(gatekeeper) {}

    // From now on; what is registered stays for as long as it was granted.
    void configure(RegistrarSettings settings) { settings_ = settings; }

    // A request that passed the gatekeeper: its identity is whose contacts it may change.
    RegisterAnswer on_register(const sip::RequestReceived& event, TimePoint now);

    // Of the users whose addresses these are.
    const std::string& realm() const { return gatekeeper_.realm(); }
    LocationService& locations() { return locations_; }
    const LocationService& locations() const { return locations_; }

  private:
    using Refused = std::optional<RegisterAnswer>;
    // True: it is what nearly every REGISTER is, the same contact again, and done.
    bool refresh(const sip::RequestReceived& event, std::string_view user, TimePoint now);
    Refused check(const sip::RequestReceived& event) const;
    // `known`: as they stood before the request, a contact it names twice is not older than itself.
    Refused apply_contacts(const sip::RequestReceived& event, const std::vector<Binding>& known,
                           std::vector<Binding>& bindings, TimePoint now);
    Refused apply_contact(sip::NameAddr contact, const sip::RequestReceived& event,
                          const std::vector<Binding>& known, std::vector<Binding>& bindings,
                          TimePoint now) const;
    RegisterAnswer success(const sip::RequestReceived& event, const std::vector<Binding>& bindings,
                           TimePoint now) const;

    RegistrarSettings settings_;
    const Gatekeeper& gatekeeper_;
    LocationService locations_;
};

}  // namespace rotunda::accounts
