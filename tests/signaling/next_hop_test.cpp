#include "signaling/next_hop.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::sip;

namespace {

Flow from(const char* remote, Transport transport = Transport::udp) {
    Flow flow;
    flow.transport = transport;
    flow.local = flow.advertised = *Endpoint::parse("192.0.2.1:5060");
    flow.remote = *Endpoint::parse(remote);
    if (is_reliable(transport)) flow.connection = ConnectionId{7};
    return flow;
}

Flow hop(const char* uri, const Flow& flow, bool direct = false) {
    return next_hop(*Uri::parse(uri), flow, direct);
}

}  // namespace

TEST_CASE("a stranger cannot have us talk to our own local services") {
    const Flow stranger = from("198.51.100.7:5060");
    CHECK(hop("sip:a@127.0.0.1:8080", stranger) == stranger);
    CHECK(hop("sip:a@127.0.0.1:8080", from("127.0.0.1:5070")).remote.port == 8080);
    // By our own address neither, which is as good as loopback; who is at it himself is on this machine.
    for (const char* ours :
         {"sip:a@192.0.2.1:6379;transport=tcp", "sip:a@192.0.2.1", "sip:a@[::ffff:192.0.2.1]:80"})
        CHECK(hop(ours, stranger) == stranger);
    CHECK(hop("sip:a@192.0.2.1:6379", from("192.0.2.1:5070")).remote.port == 6379);
    CHECK(hop("sip:a@192.0.2.2:6379", stranger).remote.to_string() == "192.0.2.2:6379");
}

TEST_CASE("sips is never taken back to a way in the clear, whatever the address says (RFC 5630 3.1.1)") {
    for (const char* uri : {"sips:a@198.51.100.7", "sips:a@phone.example.com", "sips:a@10.0.0.1",
                            "sips:a@198.51.100.7;transport=udp", "sips:a@198.51.100.7;transport=tcp"}) {
        for (const Transport transport : {Transport::udp, Transport::tcp}) {
            const Flow next = hop(uri, from("198.51.100.7:5060", transport), true);
            CHECK(next.transport == Transport::tls);
            CHECK(next.remote.port == 5061);
            CHECK_FALSE(next.connection);
        }
        const Flow secure = from("198.51.100.7:40000", Transport::tls);
        CHECK(hop(uri, secure, true).transport == Transport::tls);
    }
}

TEST_CASE("another address than the proven domain's has to prove itself") {
    Flow flow = from("198.51.100.7:5061", Transport::tls);
    flow.domain = "example.com";
    CHECK(hop("sip:a@198.51.100.7;transport=tls", flow).domain == "example.com");
    CHECK(hop("sip:a@198.51.100.8;transport=tls", flow).domain.empty());
}

TEST_CASE("who asks for a way reaches nothing further inside than himself") {
    struct Row {
        const char* asker;
        const char* target;
        bool allowed;
    };
    const Row rows[] = {
        {"198.51.100.7", "203.0.113.9", true},  {"198.51.100.7", "10.0.0.9", false},
        {"198.51.100.7", "169.254.1.1", false}, {"198.51.100.7", "127.0.0.1", false},
        {"198.51.100.7", "192.0.2.1", false},  // ourselves
        {"198.51.100.7", "224.0.0.1", false},   {"198.51.100.7", "0.0.0.0", false},
        {"10.0.0.5", "10.0.0.9", true},         {"10.0.0.5", "198.51.100.7", true},
        {"10.0.0.5", "127.0.0.1", false},       {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "10.0.0.9", true},        {"::ffff:198.51.100.7", "::ffff:127.0.0.1", false},
        {"2001:db8::7", "fd00::1", false},      {"2001:db8::7", "::1", false},
        {"2001:db8::7", "2001:db8:1::1", true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.asker);
        CAPTURE(row.target);
        Flow way = from("198.51.100.7:5060");
        way.remote.address = *IpAddress::parse(row.target);
        CHECK(may_reach(*IpAddress::parse(row.asker), way) == row.allowed);
    }
}
