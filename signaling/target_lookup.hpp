// RFC 3263 §4 for one URI: which questions to ask, and what the answers make of them: transport, address and
// port of each server, in the order to be tried.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "signaling/dns.hpp"
#include "signaling/flow.hpp"
#include "signaling/uri.hpp"

namespace rotunda::sip {

struct Target {
    Transport transport = Transport::udp;
    Endpoint remote;

    friend auto operator<=>(const Target&, const Target&) = default;
};

struct LookupSettings {
    // What we can send by, in the order to be preferred where the DNS leaves it to us.
    std::vector<Transport> transports = {Transport::udp, Transport::tcp};
    bool ipv4 = true;
    bool ipv6 = true;
};

class TargetLookup {
  public:
    // A SIP or SIPS URI. A sips: URI leads to TLS targets only (RFC 5630 §3.1).
    TargetLookup(const Uri& uri, const LookupSettings& settings);

    bool done() const { return open_.empty(); }
    // All of these are to be answered before anything moves; new ones may follow then.
    const std::vector<DnsQuestion>& questions() const { return open_; }
    void on_answer(const DnsAnswer& answer, RandomSource& random);
    // Once done; empty where nothing was found.
    const std::vector<Target>& targets() const { return targets_; }

  private:
    struct Service {  // a way to ask for: "_sip._udp.example.com"
        Transport transport;
        std::string name;
        std::vector<SrvRecord> records = {};
    };
    struct Host {
        std::string name;
        Transport transport;
        std::uint16_t port;
        std::vector<IpAddress> v4 = {}, v6 = {};
    };
    enum class Phase : std::uint8_t { pointers, services, hosts };

    bool usable(Transport transport) const;
    std::optional<Transport> transport_of_service(std::string_view service) const;
    Transport default_transport() const;
    std::string service_name(Transport transport) const;
    void ask_pointers();
    void ask_services();
    void ask_hosts();
    void take_pointers(const DnsAnswer& answer);
    void proceed(RandomSource& random);
    void choose_hosts(RandomSource& random);
    void add_host(const std::string& name, Transport transport, std::uint16_t port);
    void conclude();

    LookupSettings settings_;
    bool secure_ = false;
    std::string domain_;
    std::uint16_t port_ = 0;
    std::optional<Transport> named_;  // the transport parameter

    Phase phase_ = Phase::hosts;
    std::vector<DnsQuestion> open_;
    std::vector<Service> services_;
    std::vector<Host> hosts_;
    std::vector<Target> targets_;
};

}  // namespace rotunda::sip
