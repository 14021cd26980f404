// What the resolution of RFC 3263 asks of the DNS and is answered: values. Who asks on the wire is server/.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/net_address.hpp"
#include "base/time.hpp"

namespace rotunda::sip {

enum class DnsType : std::uint8_t { a, aaaa, srv, naptr };

struct DnsQuestion {
    DnsType type = DnsType::a;
    std::string name;  // lower case, no dot at the end

    friend auto operator<=>(const DnsQuestion&, const DnsQuestion&) = default;
};

struct SrvRecord {  // RFC 2782
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target;  // empty: decidedly no such service (".")
};

struct NaptrRecord {  // RFC 3403
    std::uint16_t order = 0;
    std::uint16_t preference = 0;
    std::string flags;
    std::string service;
    std::string replacement;
};

// Every question gets one answer. No records: there are none, or they could not be had.
struct DnsAnswer {
    DnsQuestion question;
    std::vector<IpAddress> addresses;  // a, aaaa
    std::vector<SrvRecord> services;
    std::vector<NaptrRecord> pointers;
    Duration ttl{};  // how long this may be believed; zero: not at all
};

}  // namespace rotunda::sip
