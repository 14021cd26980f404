#include "server/greeting.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::server;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

const std::vector<IpAddress> host = {*IpAddress::parse("192.0.2.7"), *IpAddress::parse("::1"),
                                     *IpAddress::parse("127.0.0.1")};

}  // namespace

TEST_CASE("the greeting names what to dial on every address, the best first") {
    const Config config;
    const std::string text = greeting(config, config.sip.listen, host);
    CHECK(contains(text, "    sip:1000@192.0.2.7\n"));
    CHECK(contains(text, "    sip:1000@[::1]\n"));
    CHECK(text.find("192.0.2.7\n") < text.find("127.0.0.1\n"));
    CHECK(contains(text, "-e '/dial sip:1000@192.0.2.7'"));
    CHECK_FALSE(contains(text, "@0.0.0.0"));
    CHECK_FALSE(contains(text, "transport=tcp"));
}

TEST_CASE("the greeting knows ports, transports, external addresses and rooms") {
    Config config;
    config.rooms.on_demand.reset();
    config.rooms.list = {{"sales", std::nullopt}};
    const std::vector<ListenAddress> bound = {
        {sip::Transport::tcp, *Endpoint::parse("192.0.2.7:5070"), false}};
    CHECK(contains(greeting(config, bound, host), "sip:sales@192.0.2.7:5070;transport=tcp"));
    config.sip.external_address = Endpoint::parse("203.0.113.1:5060");
    CHECK(contains(greeting(config, bound, host), "/dial sip:sales@203.0.113.1'"));
    config.rooms.list.clear();
    CHECK(contains(greeting(config, bound, host), "No room can be dialled"));
    config.rooms.on_demand = *Pattern::compile("8[0-9]{3}");
    CHECK(contains(greeting(config, bound, host), "rooms.on_demand allows (8[0-9]{3})"));
}

TEST_CASE("the greeting says what Ctrl-C does to calls") {
    Config config;
    CHECK(contains(greeting(config, config.sip.listen, host),
                   "Ctrl-C ends the server and hangs up every call."));
    config.drain_deadline = std::chrono::minutes(10);
    CHECK(contains(greeting(config, config.sip.listen, host),
                   "Ctrl-C lets calls end, for 10m at most; a second one ends the server at once."));
}

TEST_CASE("what is open to whom is said at start, for every policy") {
    Config config;
    config.rooms.list = {{"lobby", std::nullopt}};
    const auto open_to = [&](accounts::Access policy) {
        config.auth.policy = policy;
        const std::string who = who_may_come_in(config);
        CHECK(contains(greeting(config, config.sip.listen, host), "Open to " + who + "."));
        return who;
    };
    config.auth.local_net = {*IpPrefix::parse("10.0.0.0/8")};
    CHECK(open_to(accounts::Access::local) ==
          "anybody from 10.0.0.0/8; from elsewhere users with credentials and trunks");
    CHECK(open_to(accounts::Access::anyone) == "anybody from anywhere");
    CHECK(open_to(accounts::Access::authenticated) == "users with credentials and trunks");
    CHECK(open_to(accounts::Access::trunk) == "trunks alone");
    config.auth.local_net.clear();  // behind a bridge
    CHECK(open_to(accounts::Access::local) == "users with credentials and trunks");
    CHECK(contains(greeting(config, config.sip.listen, host),
                   "from any SIP phone:\n"));  // not without an account
    config.auth.listeners = {{{sip::Transport::udp, *Endpoint::parse("10.0.0.1:5060"), false},
                              accounts::Access::anyone,
                              {*IpPrefix::parse("10.1.0.0/16")},
                              {*IpPrefix::parse("10.1.9.0/24")}}};
    CHECK(open_to(accounts::Access::trunk) ==
          "trunks alone; on udp 10.0.0.1:5060 to anybody from anywhere; on udp 10.0.0.1:5060 only from "
          "10.1.0.0/16; on "
          "udp 10.0.0.1:5060 never from 10.1.9.0/24");
    config.auth.listeners.clear();
    config.rooms.list[0].access = accounts::Access::anyone;
    CHECK(open_to(accounts::Access::local) == "users with credentials and trunks; room lobby to everybody");
}

TEST_CASE("linphonec is sent to another port where the server has the one it wants") {
    const Config config;
    CHECK(contains(greeting(config, {{sip::Transport::udp, *Endpoint::parse("192.0.2.7:5060"), false}}, host),
                   "ports sip 5070"));
    const std::vector<ListenAddress> elsewhere = {
        {sip::Transport::udp, *Endpoint::parse("192.0.2.7:5070"), false}};
    CHECK_FALSE(contains(greeting(config, elsewhere, host), "ports sip"));
    CHECK(listeners(elsewhere) == "udp 192.0.2.7:5070");
}
