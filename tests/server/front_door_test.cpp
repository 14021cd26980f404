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
    FrontDoor door{config, policy, clock, log, 1};
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
    for (int n = 0; n < 20; ++n) bench.door.on_wrong_credentials({from("198.51.100.8:5060"), true});
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
