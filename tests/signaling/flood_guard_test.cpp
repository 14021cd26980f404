// Floods, scanners, forgeries and amplification, in virtual time.
#include "signaling/flood_guard.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 1000s;

Flow from(const std::string& address, std::uint16_t port = 5060, Transport transport = Transport::udp) {
    Flow flow;
    flow.transport = transport;
    flow.remote = {*IpAddress::parse(address), port};
    return flow;
}

RequestSketch request(std::string_view method, std::string_view agent = {}) {
    RequestSketch out;
    out.method = method;
    out.user_agent = agent;
    out.bytes = 400;
    return out;
}

int passed(FloodGuard& guard, const Flow& flow, int count, TimePoint now,
           std::string_view method = "INVITE") {
    int out = 0;
    for (int n = 0; n < count; ++n) out += guard.admit(request(method), flow, now) == Admission::pass ? 1 : 0;
    return out;
}

FloodSettings settings() {
    FloodSettings out;
    out.local = {*IpPrefix::parse("10.0.0.0/8")};
    return out;
}

using By = FlowProof::By;

}  // namespace

TEST_CASE("a request is sketched from its first lines, not from its body") {
    const auto sketch = sketch_of(
        "REGISTER sip:a SIP/2.0\r\nTo: <sip:a@b>;tag=1\r\nuser-agent:  friendly-scanner\r\nAuthorization: "
        "Digest\r\n\r\n");
    REQUIRE(sketch);
    CHECK(sketch->method == "REGISTER");
    CHECK(sketch->user_agent == "friendly-scanner");
    CHECK(sketch->in_dialog);
    CHECK(sketch->has_credentials);
    const auto body =
        sketch_of("INVITE sip:a SIP/2.0\r\nTo: <sip:a>\r\n\r\nUser-Agent: friendly-scanner\r\n");
    CHECK(body->user_agent.empty());
    CHECK(!body->in_dialog);
    CHECK(!sketch_of("SIP/2.0 200 OK\r\n"));
    CHECK(!sketch_of("\r\n\r\n"));
    CHECK(!sketch_of(""));
    CHECK(!sketch_of(std::string(100, 'x') + " y"));
}

TEST_CASE("calls that are acknowledged pass, two thousand a second from one address for a minute") {
    FloodGuard guard(settings());
    const Flow flow = from("192.0.2.1");
    TimePoint now = start;
    for (int n = 0; n < 120'000; ++n, now += 500us) {
        REQUIRE(guard.admit(request("INVITE"), flow, now) == Admission::pass);
        if (n >= 100) guard.prove({flow, By::ack}, now);  // the ACK of the call 50 ms ago
    }
}

TEST_CASE("a thousand phones behind one address call, register and talk") {
    FloodGuard guard(settings());
    TimePoint now = start;
    for (std::uint16_t port = 1; port <= 1000; ++port, now += 1ms) {
        const Flow phone = from("192.0.2.1", port);
        CHECK(guard.admit(request("REGISTER"), phone, now) == Admission::pass);
        RequestSketch again = request("REGISTER");
        again.has_credentials = true;
        CHECK(guard.admit(again, phone, now) == Admission::pass);
        guard.prove({phone, By::credentials}, now);
        CHECK(guard.admit(request("INVITE"), phone, now) == Admission::pass);
        guard.prove({phone, By::ack}, now);
    }
    CHECK(guard.take_bans().empty());
}

TEST_CASE("calls that nobody acknowledges are limited, and forgotten after a while") {
    FloodGuard guard(settings());
    const Flow flow = from("192.0.2.1");
    int admitted = 0;
    TimePoint now = start;
    for (int n = 0; n < 50'000; ++n, now += 200us)
        admitted += guard.admit(request("INVITE"), flow, now) == Admission::pass ? 1 : 0;
    CHECK(admitted < 800);  // of 50,000 in ten seconds
    CHECK(guard.counters().dropped_limited > 49'000);
    CHECK(guard.admit(request("INVITE"), from("192.0.2.2"), now) == Admission::pass);
    CHECK(passed(guard, flow, 10, now + 60s) == 10);
    // Over a connection he hears that we are busy.
    const Flow stream = from("192.0.2.3", 4000, Transport::tcp);
    passed(guard, stream, 1000, now);
    CHECK(guard.admit(request("INVITE"), stream, now) == Admission::busy);
}

TEST_CASE(
    "a thousand legs from as many ports of one address, all at once: those not let in repeat themselves") {
    FloodGuard guard(settings());
    int waiting = 1000;
    TimePoint now = start;
    for (int round = 0; round < 4; ++round, now += 500ms) {  // their INVITEs come before any ACK
        std::vector<Flow> in;
        for (int n = 0; n < waiting; ++n) {
            const Flow leg = from("192.0.2.1", static_cast<std::uint16_t>(1000 * round + n + 1));
            if (guard.admit(request("INVITE"), leg, now) == Admission::pass) in.push_back(leg);
        }
        for (const Flow& leg : in) guard.prove({leg, By::ack}, now);
        waiting -= static_cast<int>(in.size());
    }
    CHECK(waiting == 0);
}

TEST_CASE("ten thousand forged addresses open no more calls than one thing in all allows") {
    FloodGuard guard(settings());
    const Flow phone = from("198.51.100.1", 5070);
    guard.prove({phone, By::credentials}, start);
    int admitted = 0, answered = 0;
    TimePoint now = start;
    for (std::uint32_t n = 0; n < 50'000; ++n, now += 200us) {
        Flow flow = from("192.0.2.1");
        flow.remote.address = IpAddress::v4(0x7f010000u + n % 10'000);
        admitted += guard.admit(request("INVITE"), flow, now) == Admission::pass ? 1 : 0;
        // Meanwhile who is proven calls, as does who comes over a connection or from an address that is
        // known.
        if (n % 1000 != 0) continue;
        for (const Flow& other :
             {phone, from("198.51.100.1", 5071), from("198.51.100.2", 1, Transport::tcp)}) {
            answered += guard.admit(request("INVITE"), other, now) == Admission::pass ? 1 : 0;
            guard.prove({other, By::ack}, now);
        }
    }
    CHECK(admitted <= 100 + 10 * 50 + 1);
    CHECK(answered == 150);
    // Who asks for anything but a call notices nothing.
    CHECK(guard.admit(request("OPTIONS"), from("192.0.2.9"), now) == Admission::pass);
    RequestSketch inside = request("BYE");
    inside.in_dialog = true;
    CHECK(guard.admit(inside, from("192.0.2.9"), now) == Admission::pass);
}

TEST_CASE("what is no call has a measure of its own: OPTIONS and REGISTER keep nobody from calling") {
    FloodGuard guard(settings());
    const Flow flow = from("192.0.2.1");
    CHECK(passed(guard, flow, 5000, start, "OPTIONS") == 2000);
    CHECK(passed(guard, flow, 50, start) == 50);
    const Flow other = from("192.0.2.2");
    guard.prove({from("192.0.2.2", 1), By::ack}, start);
    CHECK(passed(guard, other, 600, start) == 512);
    CHECK(passed(guard, other, 600, start, "REGISTER") == 600);
}

TEST_CASE("a To tag alone opens no door: requests that claim a dialog are measured like others") {
    for (const std::string_view method : {"INVITE", "BYE", "CANCEL", "INFO"}) {
        FloodGuard guard(settings());
        const Flow flow = from("192.0.2.1");
        RequestSketch claimed = request(method);
        claimed.in_dialog = true;
        int passed = 0;
        for (int n = 0; n < 5000; ++n) passed += guard.admit(claimed, flow, start) == Admission::pass;
        CHECK(passed == static_cast<int>(settings().requests));
        // Who is in one pays nothing for it.
        guard.prove({from("192.0.2.2"), By::ack}, start);
        for (int n = 0; n < 5000; ++n)
            CHECK(guard.admit(claimed, from("192.0.2.2"), start) == Admission::pass);
    }
}

TEST_CASE("a million forged addresses take no more memory than the tables have, and forget nobody proven") {
    FloodSettings small = settings();
    small.addresses = 1000;
    FloodGuard guard(small);
    const Flow phone = from("192.0.2.1", 5070), guesser = from("192.0.2.3", 1, Transport::tcp);
    guard.prove({phone, By::credentials}, start);
    for (int n = 0; n < 20; ++n) guard.on_wrong_credentials(guesser, false, start);
    for (std::uint32_t n = 0; n < 1'000'000; ++n) {
        Flow flow = from("192.0.2.1");
        flow.remote.address = IpAddress::v4(0x0b000000u + n);
        guard.admit(request(n % 2 == 0 ? "INVITE" : "OPTIONS"), flow, start);
    }
    CHECK(guard.remembered() <= 3005);
    CHECK(guard.may_send(std::string(50'000, 'x'), phone, start));
    CHECK(passed(guard, guesser, 1, start) == 0);
}

TEST_CASE("new connections of one address are limited, and refused while it is banned") {
    FloodGuard guard(settings());
    const Flow flow = from("192.0.2.1", 1, Transport::tls);
    int stood = 0;
    for (int n = 0; n < 5000; ++n) stood += guard.may_connect(flow, start) ? 1 : 0;
    CHECK(stood == 2000);
    CHECK(guard.may_connect(flow, start + 1s));
    CHECK(guard.may_connect(from("192.0.2.2", 1, Transport::tcp), start));
    for (int n = 0; n < 20; ++n)
        guard.on_wrong_credentials(from("192.0.2.2", 1, Transport::tcp), false, start);
    CHECK_FALSE(guard.may_connect(from("192.0.2.2", 2, Transport::tcp), start));
}

TEST_CASE("a scanner is dropped, banned at once, and stays so under another name; each ban is longer") {
    FloodGuard guard(settings());
    const Flow flow = from("192.0.2.1");
    CHECK(guard.admit(request("OPTIONS", "friendly-scanner"), flow, start) == Admission::drop);
    auto bans = guard.take_bans();
    REQUIRE(bans.size() == 1);
    CHECK(bans[0].address == flow.remote.address);
    CHECK(bans[0].length == 1min);
    CHECK(guard.admit(request("OPTIONS", "Nice Phone"), flow, start + 1s) == Admission::drop);
    CHECK(guard.admit(request("OPTIONS", "Nice Phone"), from("192.0.2.1", 6000), start + 59s) ==
          Admission::drop);
    CHECK(guard.admit(request("OPTIONS"), flow, start + 61s) == Admission::pass);
    CHECK(guard.admit(request("OPTIONS", "sipvicious"), flow, start + 62s) == Admission::drop);
    CHECK(guard.take_bans().at(0).length == 2min);
    CHECK(guard.admit(request("OPTIONS"), flow, start + 130s) == Admission::drop);
}

TEST_CASE("who guesses passwords is banned; one who mistypes is not") {
    FloodGuard guard(settings());
    const Flow guesser = from("192.0.2.1"), clumsy = from("192.0.2.2");
    TimePoint now = start;
    for (int n = 0; n < 25; ++n, now += 10ms) guard.on_wrong_credentials(guesser, true, now);
    for (int n = 0; n < 100; ++n, now += 2s) guard.on_wrong_credentials(clumsy, true, now);
    const auto bans = guard.take_bans();
    REQUIRE(bans.size() == 1);
    CHECK(bans[0].address == guesser.remote.address);
    CHECK_FALSE(bans[0].forgeable);
}

TEST_CASE("who has proven himself by a call guesses no more passwords than others") {
    FloodGuard guard(settings());
    const Flow guesser = from("192.0.2.1", 4000), neighbour = from("192.0.2.1", 4001);
    guard.prove({guesser, By::ack}, start);
    guard.prove({neighbour, By::credentials}, start);
    RequestSketch guess = request("REGISTER");
    guess.has_credentials = true;
    int guesses = 0;
    for (int n = 0; n < 1000; ++n) {
        if (guard.admit(guess, guesser, start) != Admission::pass) continue;
        ++guesses;
        guard.on_wrong_credentials(guesser, true, start);
    }
    CHECK(guesses == 20);
    CHECK(guard.admit(guess, neighbour, start) == Admission::pass);
    CHECK(guard.admit(guess, from("192.0.2.1", 4002), start) == Admission::drop);
}

TEST_CASE("forged datagrams neither ban nor slow a registration or a call at that address") {
    FloodGuard guard(settings());
    const Flow phone = from("192.0.2.1", 5070), stream = from("192.0.2.1", 5070, Transport::tcp);
    guard.prove({phone, By::credentials}, start);
    for (int n = 0; n < 10'000; ++n) {
        guard.admit(request("INVITE", "friendly-scanner"),
                    from("192.0.2.1", static_cast<std::uint16_t>(n + 1)), start);
        guard.admit(request("INVITE"), phone, start);  // its very endpoint, even
        guard.on_wrong_credentials(phone, false, start);
    }
    for (const char* method : {"BYE", "INVITE", "INFO"}) {
        RequestSketch inside = request(method);
        inside.in_dialog = true;
        CHECK(guard.admit(inside, phone, start) == Admission::pass);
    }
    RequestSketch renewal = request("REGISTER");
    renewal.has_credentials = true;
    CHECK(guard.admit(renewal, phone, start) == Admission::pass);
    CHECK(guard.may_send(std::string(100'000, 'x'), phone, start));
    // Nobody can forge a connection, and so what was forged says nothing about who has one.
    CHECK(guard.may_connect(stream, start));
    CHECK(guard.admit(request("INVITE"), stream, start) == Admission::pass);
    const auto bans = guard.take_bans();
    REQUIRE(bans.size() == 1);
    CHECK(bans[0].forgeable);
}

TEST_CASE("scanners with forged addresses fill no log") {
    FloodGuard guard(settings());
    std::size_t told = 0;
    for (std::uint32_t n = 0; n < 5000; ++n) {
        Flow flow = from("192.0.2.1");
        flow.remote.address = IpAddress::v4(0x0b000000u + n);
        guard.admit(request("INVITE", "sipcli"), flow, start + n * 200us);
        told += guard.take_bans().size();
    }
    CHECK(told <= 20);
    CHECK(guard.counters().bans == 5000);
}

TEST_CASE("however many bans are forged, one that is sure is told") {
    FloodGuard guard(settings());
    for (std::uint32_t n = 0; n < 1000; ++n) {
        Flow flow = from("192.0.2.1");
        flow.remote.address = IpAddress::v4(0x0b000000u + n);
        guard.admit(request("INVITE", "sipcli"), flow, start);
    }
    guard.take_bans();
    const Flow guesser = from("192.0.2.9", 4000, Transport::tcp);
    for (int n = 0; n < 20; ++n) guard.on_wrong_credentials(guesser, true, start);
    const auto told = guard.take_bans();
    REQUIRE(told.size() == 1);
    CHECK(told[0].address == guesser.remote.address);
}

TEST_CASE("an unproven endpoint is sent at most three times what it sent, retransmissions included") {
    FloodGuard guard(settings());
    const Flow flow = from("192.0.2.1");
    const std::string answer = "SIP/2.0 200 OK\r\n" + std::string(334, 'x');
    guard.admit(request("INVITE"), flow, start);  // 400 octets
    std::size_t sent = 0;
    for (int n = 0; n < 20; ++n)
        if (guard.may_send(answer, flow, start + n * 500ms)) sent += answer.size();
    CHECK(sent == 1050);
    CHECK_FALSE(guard.may_send("BYE " + std::string(300, 'x'), flow, start + 10s));
    guard.admit(request("INVITE"), flow, start + 11s);  // he repeats his
    CHECK(guard.may_send(answer, flow, start + 11s));
    guard.prove({flow, By::ack}, start + 12s);
    const std::string much = "SIP/2.0 200 OK\r\n" + std::string(50'000, 'x');
    CHECK(guard.may_send(much, flow, start + 12s));
    CHECK(guard.counters().unsent > 0);
    // Where nothing came from it is we who call, and no answer is due; in our own networks nobody is a
    // victim.
    CHECK(guard.may_send("INVITE " + std::string(5000, 'x'), from("192.0.2.77"), start));
    CHECK_FALSE(guard.may_send(answer, from("192.0.2.77"), start));
    guard.admit(request("INVITE"), from("10.1.2.3"), start);
    CHECK(guard.may_send(much, from("10.1.2.3"), start));
}

TEST_CASE("of an IPv6 subscriber all addresses are one") {
    FloodGuard guard(settings());
    guard.admit(request("OPTIONS", "sipcli/v1.8"), from("2001:db8::1"), start);
    CHECK(guard.admit(request("OPTIONS"), from("2001:db8::2:3"), start) == Admission::drop);
    CHECK(guard.admit(request("OPTIONS"), from("2001:db8:0:1::1"), start) == Admission::pass);
}

TEST_CASE("bans are listed while they last, may be imposed and lifted, and the next one begins anew") {
    FloodGuard guard(settings());
    const Flow peer = from("198.51.100.7");
    guard.admit(request("OPTIONS", "friendly-scanner"), peer, start);
    guard.ban(*IpAddress::parse("2001:db8::1"), 10s, start);
    REQUIRE(guard.bans(start).size() == 2);
    CHECK(guard.bans(start)[0].why == "scanner");
    CHECK(guard.bans(start)[1].length == 10s);
    CHECK(guard.admit(request("INVITE"), from("2001:db8::99"), start) == Admission::drop);  // of the same /64
    CHECK(guard.banned(start + 11s) == 1);
    CHECK(guard.admit(request("INVITE"), from("2001:db8::99"), start + 11s) == Admission::pass);

    CHECK(guard.admit(request("INVITE"), peer, start + 11s) == Admission::drop);
    CHECK(guard.lift(peer.remote.address, start + 11s));
    CHECK_FALSE(guard.lift(peer.remote.address, start + 11s));
    CHECK_FALSE(guard.lift(*IpAddress::parse("192.0.2.200"), start));
    CHECK(guard.admit(request("INVITE"), peer, start + 11s) == Admission::pass);
    CHECK(guard.bans(start + 11s).empty());
    CHECK(guard.bans_so_far() == 2);
    guard.admit(request("OPTIONS", "sipvicious"), peer, start + 12s);
    CHECK(guard.bans(start + 12s)[0].length == 1min);
}

TEST_CASE("the ban of one proven endpoint is told and listed with its port, and lifted with its address") {
    FloodGuard guard(settings());
    const Flow guesser = from("192.0.2.1", 4000), neighbour = from("192.0.2.1", 4001);
    for (const Flow& each : {guesser, neighbour}) guard.prove({each, By::credentials}, start);
    for (int n = 0; n < 20; ++n) guard.on_wrong_credentials(guesser, true, start);
    const auto told = guard.take_bans();
    REQUIRE(told.size() == 2);  // everybody there whom nobody knows, and this one
    CHECK(told[0].port == 0);
    CHECK(told[1].port == 4000);
    CHECK(told[1].address == guesser.remote.address);
    CHECK_FALSE(told[1].forgeable);
    CHECK(guard.bans(start).size() == 2);
    CHECK(passed(guard, guesser, 1, start) == 0);
    CHECK(passed(guard, neighbour, 1, start) == 1);
    CHECK(guard.lift(guesser.remote.address, start));
    CHECK(guard.bans(start).empty());
    CHECK(passed(guard, guesser, 1, start) == 1);
}

TEST_CASE("an operator bans whoever is there, proven or not") {
    FloodGuard guard(settings());
    const Flow phone = from("192.0.2.1", 4000), stream = from("192.0.2.1", 9, Transport::tls);
    for (const Flow& each : {phone, stream}) guard.prove({each, By::credentials}, start);
    guard.ban(phone.remote.address, 1h, start);
    for (const Flow& each : {phone, stream, from("192.0.2.1", 4001)})
        CHECK(passed(guard, each, 1, start + 59min) == 0);
    // He may hang up, and a shorter ban ends none that is longer.
    RequestSketch bye = request("BYE");
    bye.in_dialog = true;
    CHECK(guard.admit(bye, phone, start) == Admission::pass);
    guard.ban(phone.remote.address, 1min, start);
    CHECK(passed(guard, phone, 1, start + 59min) == 0);
    CHECK(guard.lift(phone.remote.address, start + 59min));
    CHECK(passed(guard, phone, 1, start + 59min) == 1);
}

TEST_CASE("however many are banned, the list of them is bounded") {
    FloodGuard guard(settings());
    for (std::uint32_t n = 0; n < 10'000; ++n) guard.ban(IpAddress::v4(0x0a000000u + n), 1h, start);
    CHECK(guard.bans(start).size() == 4096);
    CHECK(guard.bans_so_far() == 10'000);
}
