// Who passes the front door, and what the log says of who does not.
#include "server/front_door.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rotunda;
using namespace rotunda::server;

namespace {

struct StillClock final : Clock {
    TimePoint now() const override { return TimePoint{} + std::chrono::seconds(1000); }
    WallTime wall() const override { return {}; }
};

struct Lines final : LogSink {
    void write(const LogRecord& record) override { records.push_back(record); }
    std::vector<LogRecord> records;
};

sip::Flow from(const char* address) {
    sip::Flow flow;
    flow.remote = *Endpoint::parse(address);
    return flow;
}

std::string invite(const char* agent) {
    return std::string("INVITE sip:1000@here SIP/2.0\r\nTo: <sip:1000@here>\r\nUser-Agent: ") + agent +
           "\r\n\r\n";
}

struct Door {
    Door() { policy.trusted = {{"carrier", *IpPrefix::parse("203.0.113.0/24"), {}}}; }
    Config config;
    accounts::AccessPolicy policy;
    StillClock clock;
    Lines log;
    FrontDoor door{config, policy, clock, log, KeyedHash(1, 2)};
};

}  // namespace

TEST_CASE("whatever is sent in a trunk's name neither bans nor slows it") {
    Door bench;
    const sip::Flow trunk = from("203.0.113.5:5060");
    for (int n = 0; n < 5000; ++n) CHECK(bench.door.lets_in(invite("friendly-scanner"), trunk));
    CHECK(bench.log.records.empty());
    CHECK(bench.door.lets_out({trunk, "SIP/2.0 200 OK\r\n" + std::string(5000, 'x'), {}}));
}

TEST_CASE("a ban is one line that names the address, how long, and whether somebody may have forged it") {
    Door bench;
    const sip::Flow scanner = from("198.51.100.7:5060");
    for (int n = 0; n < 5; ++n) CHECK_FALSE(bench.door.lets_in(invite("friendly-scanner"), scanner));
    CHECK_FALSE(bench.door.lets_in(invite("Nice Phone"), scanner));
    for (int n = 0; n < 20; ++n) bench.door.on_guess(from("198.51.100.8:5060"));
    REQUIRE(bench.log.records.size() == 2);
    const auto field = [&](std::size_t line, std::string_view name) {
        for (const auto& each : bench.log.records[line].fields)
            if (each.first == name) return each.second;
        return std::string();
    };
    CHECK(bench.log.records[0].event == "sip.banned");
    CHECK(field(0, "source") == "198.51.100.7");
    CHECK(field(0, "seconds") == "60");
    CHECK(field(0, "forgeable") == "yes");
    CHECK(field(1, "source") == "198.51.100.8");
    CHECK(field(1, "forgeable") == "no");
}

TEST_CASE("who is denied while he is connected is heard no more, though he be a trunk") {
    Door bench;
    sip::Flow flow = from("203.0.113.5:40000");
    flow.transport = sip::Transport::tcp;
    flow.connection = sip::ConnectionId{1};
    flow.local = *Endpoint::parse("192.0.2.1:5060");
    const sip::ParsedMessage message = sip::parse_message(
        "OPTIONS sip:here SIP/2.0\r\nVia: SIP/2.0/TCP 203.0.113.5;branch=z9hG4bK1\r\nFrom: "
        "<sip:a@b>;tag=1\r\n"
        "To: <sip:here>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(message.ok());
    CHECK(bench.door.lets_in(message, flow) == sip::Admission::pass);
    bench.policy.listeners = {{sip::Transport::tcp,
                               *Endpoint::parse("0.0.0.0:5060"),
                               std::nullopt,
                               {},
                               {*IpPrefix::parse("203.0.113.5/32")}}};
    CHECK(bench.door.lets_in(message, flow) == sip::Admission::drop);
}

TEST_CASE("who is denied at a listener gets in by no way, whoever he is; who is not, does") {
    Door bench;
    accounts::ListenerAccess udp{sip::Transport::udp, *Endpoint::parse("0.0.0.0:5060")};
    udp.deny = {*IpPrefix::parse("198.51.100.0/24"), *IpPrefix::parse("203.0.113.5/32")};
    accounts::ListenerAccess tcp = udp;
    tcp.transport = sip::Transport::tcp;
    bench.policy.listeners = {udp, tcp};
    const auto at = [](sip::Transport transport, const char* address) {
        sip::Flow flow = from(address);
        flow.transport = transport;
        flow.local = *Endpoint::parse("192.0.2.1:5060");
        return flow;
    };
    // The latter is an address of a trunk's.
    for (const char* address : {"198.51.100.7:5060", "203.0.113.5:5060"}) {
        CHECK_FALSE(bench.door.lets_in(invite("Nice Phone"), at(sip::Transport::udp, address)));
        CHECK_FALSE(bench.door.lets_in("SIP/2.0 200 OK\r\n\r\n", at(sip::Transport::udp, address)));
        CHECK_FALSE(bench.door.hears(at(sip::Transport::udp, address)));
        CHECK_FALSE(bench.door.lets_connect(at(sip::Transport::tcp, address)));
    }
    for (const char* address : {"198.51.101.7:5060", "203.0.113.6:5060"}) {
        CHECK(bench.door.lets_in(invite("Nice Phone"), at(sip::Transport::udp, address)));
        CHECK(bench.door.hears(at(sip::Transport::udp, address)));
        CHECK(bench.door.lets_connect(at(sip::Transport::tcp, address)));
    }
    CHECK(bench.door.lets_connect(at(sip::Transport::tls, "198.51.100.7:5060")));  // another listener
}

TEST_CASE(
    "what is no request at all is measured over a connection like one, and nothing of it passes a ban") {
    Door bench;
    const auto over_tcp = [](const char* address) {
        sip::Flow flow = from(address);
        flow.transport = sip::Transport::tcp;
        return flow;
    };
    const sip::Flow peer = over_tcp("198.51.100.7:4000"), banned = over_tcp("198.51.100.8:4000");
    const auto broken =
        sip::parse_message("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n\r\n");
    const auto response = sip::parse_message(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
        "<sip:b@b>;tag=2\r\n"
        "Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
    REQUIRE_FALSE(broken.ok());
    REQUIRE(response.ok());
    int passed = 0;
    for (int n = 0; n < 5000; ++n) passed += bench.door.lets_in(broken, peer) == sip::Admission::pass ? 1 : 0;
    CHECK(passed == static_cast<int>(bench.config.flood.requests));
    CHECK(bench.door.lets_in(response, peer) == sip::Admission::pass);
    for (int n = 0; n < 20; ++n) bench.door.on_guess(banned);
    CHECK(bench.door.lets_in(broken, banned) == sip::Admission::drop);
    CHECK(bench.door.lets_in(response, banned) == sip::Admission::drop);
    CHECK_FALSE(bench.door.lets_in("SIP/2.0 200 OK\r\n\r\n", from("198.51.100.8:5060")));
    CHECK_FALSE(bench.door.hears(from("198.51.100.8:5060")));
    // A scanner's name may be forged, and whom we call may answer all the same.
    bench.door.lets_in(invite("friendly-scanner"), from("198.51.100.9:5060"));
    CHECK(bench.door.lets_in("SIP/2.0 200 OK\r\n\r\n", from("198.51.100.9:5061")));
}
