// RFC 3263 with real questions: c-ares against a DNS server on loopback, and a server that follows the
// answers.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "dns_responder.hpp"
#include "loop_fixture.hpp"
#include "running_server.hpp"
#include "server/dns_client.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;
using sip::DnsType;

TEST_CASE("questions of each type come back with their records, and each is answered once") {
    DnsResponder responder;
    responder.a("one.example.com", "192.0.2.1");
    responder.srv("_sip._udp.example.com", 10, 20, 5070, "one.example.com");
    responder.naptr("example.com", 50, "SIP+D2U", "_sip._udp.example.com");
    responder.start();
    LoopFixture f;
    std::vector<sip::DnsAnswer> answers;
    DnsClient client(f.loop, f.clock, {*Endpoint::parse(responder.address())},
                     [&](const sip::DnsAnswer& answer) { answers.push_back(answer); });
    const auto ask = [&](DnsType type, const std::string& name) {
        answers.clear();
        client.ask({type, name});
        CHECK(answers.empty());
        REQUIRE(f.run_until([&] { return !answers.empty(); }));
        REQUIRE(answers.size() == 1);
        CHECK(answers[0].question == sip::DnsQuestion{type, name});
        return answers[0];
    };
    const auto address = ask(DnsType::a, "one.example.com");
    REQUIRE(address.addresses.size() == 1);
    CHECK(address.addresses[0].to_string() == "192.0.2.1");
    CHECK(address.ttl == 300s);
    const auto service = ask(DnsType::srv, "_sip._udp.example.com");
    REQUIRE(service.services.size() == 1);
    CHECK(service.services[0].port == 5070);
    CHECK(service.services[0].weight == 20);
    CHECK(service.services[0].target == "one.example.com");
    const auto pointer = ask(DnsType::naptr, "example.com");
    REQUIRE(pointer.pointers.size() == 1);
    CHECK(pointer.pointers[0].service == "SIP+D2U");
    CHECK(pointer.pointers[0].replacement == "_sip._udp.example.com");
    const auto absent = ask(DnsType::a, "nobody.example.com");
    CHECK(absent.addresses.empty());
    CHECK(absent.ttl > 0s);
}

TEST_CASE("a DNS server that is not there is an answer without records") {
    LoopFixture f;
    int answered = 0;
    DnsClient client(f.loop, f.clock, {*Endpoint::parse("127.0.0.1:9")},
                     [&](const sip::DnsAnswer& answer) { answered += answer.addresses.empty(); });
    client.ask({DnsType::a, "one.example.com"});
    CHECK(f.run_until([&] { return answered == 1; }, 20s));
}

TEST_CASE("a client that ends with questions open is silent") {
    DnsResponder mute;  // never started: no answer comes
    LoopFixture f;
    {
        DnsClient client(f.loop, f.clock, {*Endpoint::parse(mute.address())},
                         [](const sip::DnsAnswer&) { FAIL("answered"); });
        client.ask({DnsType::a, "one.example.com"});
    }
    CHECK_FALSE(f.run_until([] { return false; }, 20ms));
}

TEST_CASE("a BYE follows the name in the phone's Contact, by SRV, to the host that serves it") {
    DnsResponder responder;
    Phone elsewhere(*Endpoint::parse("127.0.0.1:9"));
    responder.srv("_sip._udp.phones.example.com", 1, 0, elsewhere.self.port, "pbx.example.com");
    responder.a("pbx.example.com", "127.0.0.1");
    responder.start();
    Running running(quiet({"sip.dns_servers=" + responder.address()}));
    Phone phone(running.server->bound()[0].endpoint);
    phone.contact = "<sip:phone@phones.example.com;transport=udp>";
    phone.call();
    running.server->drain();
    const std::string bye = elsewhere.receive_starting("BYE sip:phone@phones.example.com");
    REQUIRE_FALSE(bye.empty());
    elsewhere.server = phone.server;
    elsewhere.answer(bye);
    CHECK(running.join() < soon);
    for (std::string got = phone.receive(0); !got.empty(); got = phone.receive(0))
        CHECK_FALSE(got.starts_with("BYE"));
}

TEST_CASE("a Contact with a name nobody knows is reached the way the call came") {
    DnsResponder responder;
    responder.start();
    Running running(quiet({"sip.dns_servers=" + responder.address()}));
    Phone phone(running.server->bound()[0].endpoint);
    phone.contact = "<sip:phone@laptop.example.org>";
    phone.call();
    running.server->drain();
    const std::string bye = phone.receive_starting("BYE");
    REQUIRE_FALSE(bye.empty());
    phone.answer(bye);
    CHECK(responder.asked() > 0);
    CHECK(running.join() < soon);
}
