// Floods, forgeries and amplification, in virtual time.
#include "signaling/server_transactions.hpp"
#include "tests/signaling/flood_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

TEST_CASE("a request is sketched from its first lines, not from its body") {
    const auto sketch = sketch_of(
        "REGISTER sip:a SIP/2.0\r\nTo: <sip:a@b>;tag=1\r\nuser-agent:  friendly-scanner\r\nAuthorization: "
        "Digest\r\n\r\n");
    REQUIRE(sketch);
    CHECK(sketch->method == "REGISTER");
    CHECK(sketch->user_agent == "friendly-scanner");
    CHECK(sketch->to_tag == "1");
    CHECK(sketch->authorization == "Digest");
    // As who weighs them takes the first of several.
    const auto dialog = sketch_of(
        "BYE sip:a SIP/2.0\r\nf: \"x\" <sip:c>;tag=2\r\nCall-ID: x@y\r\nTo: <sip:a@b>;tag=1\r\n"
        "Authorization: first\r\nAuthorization: second\r\n\r\n");
    CHECK(dialog->from_tag == "2");
    CHECK(dialog->call_id == "x@y");
    CHECK(dialog->authorization == "first");
    CHECK(sketch_of("BYE sip:a SIP/2.0\r\nv: SIP/2.0/UDP h\r\nVia: SIP/2.0/UDP i\r\n\r\n")->via ==
          "SIP/2.0/UDP h");
    const auto body =
        sketch_of("INVITE sip:a SIP/2.0\r\nTo: <sip:a>\r\n\r\nUser-Agent: friendly-scanner\r\n");
    CHECK(body->user_agent.empty());
    CHECK(body->to_tag.empty());
    CHECK(!sketch_of("SIP/2.0 200 OK\r\n"));
    CHECK(!sketch_of("\r\n\r\n"));
    CHECK(!sketch_of(""));
    CHECK(sketch_of(std::string(100, 'x') + " y"));
    CHECK(sketch_of("nonsense"));
}

TEST_CASE("what goes before the start line, and a tag where none is, hide no call from the guard") {
    using namespace std::string_literals;
    for (const std::string& before : {"\r\n"s, "\r\n\r\n"s, std::string(40, '\n'), std::string(5, '\0')}) {
        const std::string datagram = before + "INVITE sip:a SIP/2.0\r\nTo: <sip:a>\r\nUser-Agent: x\r\n\r\n";
        const auto sketch = sketch_of(datagram);
        REQUIRE(sketch);
        CHECK(sketch->method == "INVITE");
        CHECK(sketch->user_agent == "x");
        CHECK(sketch->bytes == datagram.size());
    }
    for (const char* to : {R"(";tag=1" <sip:a>)", "<sip:a;tag=1>", R"(<sip:a>;x=";tag=1")",
                           R"("a\";tag=1" <sip:a>)", "a;tag=1 <sip:a>"}) {
        CAPTURE(to);
        const std::string message = "INVITE sip:a SIP/2.0\r\nTo: "s + to + "\r\n\r\n";
        CHECK(sketch_of(message)->to_tag.empty());
    }
    CHECK(sketch_of("BYE sip:a SIP/2.0\r\nTo: \"a\" <sip:a;x=y>;z=\";\";tag=1\r\n\r\n")->to_tag == "1");
    CHECK(sketch_of("BYE sip:a SIP/2.0\r\nTo: sip:a;tag=1\r\n\r\n")->to_tag == "1");
}

TEST_CASE("calls that are acknowledged pass, two thousand a second from one address for a minute") {
    FloodGuard guard(settings(), key);
    const Flow flow = from("192.0.2.1");
    TimePoint now = start;
    for (int n = 0; n < 120'000; ++n, now += 500us) {
        REQUIRE(guard.admit(request("INVITE"), flow, now) == Admission::pass);
        if (n >= 100) guard.prove({flow, By::ack}, now);  // the ACK of the call 50 ms ago
    }
}

TEST_CASE("a thousand phones behind one address call, register and talk") {
    FloodGuard guard(settings(), key);
    TimePoint now = start;
    for (std::uint16_t port = 1; port <= 1000; ++port, now += 1ms) {
        const Flow phone = from("192.0.2.1", port);
        CHECK(guard.admit(request("REGISTER"), phone, now) == Admission::pass);
        RequestSketch again = request("REGISTER");
        again.authorization = "Digest";
        CHECK(guard.admit(again, phone, now) == Admission::pass);
        guard.prove({phone, By::credentials}, now);
        CHECK(guard.admit(request("INVITE"), phone, now) == Admission::pass);
        guard.prove({phone, By::ack}, now);
    }
    CHECK(guard.take_bans().empty());
}

TEST_CASE("calls that nobody acknowledges are limited, and forgotten after a while") {
    FloodGuard guard(settings(), key);
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
    FloodGuard guard(settings(), key);
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
    FloodGuard guard(settings(), key);
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
    inside.to_tag = "1";
    CHECK(guard.admit(inside, from("192.0.2.9"), now) == Admission::pass);
}

TEST_CASE("requests from however many forged addresses never fill the table of transactions") {
    FloodGuard guard(settings(), key);
    const Flow registered = from("198.51.100.1", 5070), stream = from("198.51.100.2", 1, Transport::tcp),
               known = from("198.51.100.1", 5071);
    guard.prove({registered, By::credentials}, start);
    std::size_t admitted = 0, served = 0;
    TimePoint now = start;
    // Each stays for 32 s (Timer J, RFC 3261 §17.2.2), so no more than these are there at once.
    for (std::uint32_t n = 0; n < 1'600'000; ++n, now += 20us) {
        Flow flow = from("192.0.2.1");
        flow.remote.address = IpAddress::v4(0x0b000000u + n % 200'000);
        admitted += guard.admit(request(n % 2 == 0 ? "REGISTER" : "OPTIONS"), flow, now) == Admission::pass;
        if (n % 16'000 != 0) continue;
        for (const Flow& other : {registered, stream, known})
            served += guard.admit(request("REGISTER"), other, now) == Admission::pass;
    }
    CHECK(admitted > 20'000);
    CHECK(admitted < ServerTransactionLimits{}.outside_dialogs / 2);
    CHECK(served == 300);
}

TEST_CASE("phones that register from addresses of their own give back what they took from all") {
    FloodGuard guard(settings(), key);
    TimePoint now = start;
    for (std::uint32_t n = 0; n < 60'000; ++n, now += 100us) {
        Flow phone = from("192.0.2.1");
        phone.remote.address = IpAddress::v4(0x0b000000u + n);
        REQUIRE(guard.admit(request("REGISTER"), phone, now) == Admission::pass);
        RequestSketch second = request("REGISTER");
        second.authorization = "Digest";
        REQUIRE(guard.admit(second, phone, now) == Admission::pass);
        guard.prove({phone, By::credentials}, now);
    }
}

TEST_CASE("what is no call has a measure of its own: OPTIONS and REGISTER keep nobody from calling") {
    FloodGuard guard(settings(), key);
    const Flow flow = from("192.0.2.1");
    CHECK(passed(guard, flow, 5000, start, "OPTIONS") == 2000);
    CHECK(passed(guard, flow, 50, start) == 50);
    const Flow other = from("192.0.2.2");
    guard.prove({from("192.0.2.2", 1), By::ack}, start);
    CHECK(passed(guard, other, 600, start) == 350);
    CHECK(passed(guard, other, 600, start, "REGISTER") == 600);
}

TEST_CASE("a To tag alone opens no door: requests that claim a dialog are measured like others") {
    for (const std::string_view method : {"INVITE", "BYE", "CANCEL", "INFO"}) {
        FloodGuard guard(settings(), key);
        const Flow flow = from("192.0.2.1");
        RequestSketch claimed = request(method);
        claimed.to_tag = "1";
        int passed = 0;
        for (int n = 0; n < 5000; ++n) passed += guard.admit(claimed, flow, start) == Admission::pass;
        CHECK(passed == static_cast<int>(settings().requests));
        // Nor for who has been in one, but that its own requests give back what they cost.
        const Flow caller = from("192.0.2.2");
        guard.prove({caller, By::ack}, start);
        for (int n = 0; n < 5000; ++n) {
            CHECK(guard.admit(claimed, caller, start) == Admission::pass);
            guard.prove({caller, By::dialog}, start);
        }
        for (passed = 0; guard.admit(claimed, caller, start) == Admission::pass;) ++passed;
        CHECK(passed == static_cast<int>(settings().requests));
    }
}

TEST_CASE("however many write its address on their datagrams, a phone's calls and registration go on") {
    // As the server vouches: for the tags of calls, and for nonces that went to that address.
    const auto voucher = [](const RequestSketch& each, const Flow&) {
        return each.to_tag == "ours" || each.authorization == "Digest ours";
    };
    FloodGuard guard(settings(), key, voucher);
    const Flow phone = from("192.0.2.1", 5070);
    guard.prove({phone, By::credentials}, start);
    RequestSketch forged_bye = request("BYE"), forged_register = request("REGISTER"),
                  forged_invite = request("INVITE");
    forged_bye.to_tag = "made up";
    forged_register.authorization = forged_invite.authorization = "Digest made up";
    for (int n = 0; n < 5000; ++n)
        for (const auto* each : {&forged_bye, &forged_register, &forged_invite})
            guard.admit(*each, phone, start);
    for (const auto* each : {&forged_bye, &forged_register, &forged_invite})
        CHECK(guard.admit(*each, phone, start) == Admission::drop);
    for (const char* method : {"BYE", "INVITE", "INFO"}) {
        RequestSketch inside = request(method);
        inside.to_tag = "ours";
        CHECK(guard.admit(inside, phone, start) == Admission::pass);
    }
    for (const char* method : {"REGISTER", "INVITE"}) {
        RequestSketch own = request(method);
        own.authorization = "Digest ours";
        CHECK(guard.admit(own, phone, start) == Admission::pass);
    }
}

TEST_CASE("who has proven himself opens no more calls than others, whatever he calls his credentials") {
    FloodGuard guard(settings(), key);
    const Flow flow = from("192.0.2.1");
    guard.prove({flow, By::ack}, start);
    RequestSketch call = request("INVITE");
    call.authorization = "x";
    int passed = 0;
    for (int n = 0; n < 5000; ++n) passed += guard.admit(call, flow, start) == Admission::pass ? 1 : 0;
    CHECK(passed == static_cast<int>(settings().open_calls));
}

TEST_CASE("a scanner's forged name keeps no phone from registering from another port where one is known") {
    FloodGuard guard(settings(), key);
    guard.prove({from("192.0.2.1", 5070), By::credentials}, start);
    guard.admit(request("OPTIONS", "sipcli"), from("192.0.2.1", 9), start);
    const Flow moved = from("192.0.2.1", 5071);
    CHECK(guard.admit(request("OPTIONS"), moved, start) == Admission::drop);
    CHECK(guard.admit(request("REGISTER"), moved, start) == Admission::pass);
    guard.prove({moved, By::credentials}, start);
    CHECK(guard.admit(request("INVITE"), moved, start) == Admission::pass);
    // Charged it is; where nobody is known, or wrong passwords are sure, the ban is whole.
    CHECK(passed(guard, from("192.0.2.1", 5072), 5000, start, "REGISTER") <=
          static_cast<int>(settings().requests));
    for (int n = 0; n < 20; ++n) guard.on_wrong_credentials(from("192.0.2.1", 5072), true, start);
    CHECK(guard.admit(request("REGISTER"), from("192.0.2.1", 5072), start + 1s) == Admission::drop);
    guard.admit(request("OPTIONS", "sipcli"), from("192.0.2.2"), start);
    CHECK(guard.admit(request("REGISTER"), from("192.0.2.2"), start) == Admission::drop);
}

TEST_CASE("a gateway that opens a connection for each call completes two thousand a second for a minute") {
    for (const Transport transport : {Transport::tcp, Transport::tls}) {
        FloodGuard guard(settings(), key);
        TimePoint now = start;
        for (std::uint64_t n = 0; n < 120'000; ++n, now += 500us) {
            // Its ports come again long before we forget them.
            Flow flow = from("192.0.2.1", static_cast<std::uint16_t>(32'768 + n % 28'000), transport);
            REQUIRE(guard.may_connect(flow, now));
            flow.connection = ConnectionId{n + 1};
            REQUIRE(guard.admit(request("INVITE"), flow, now) == Admission::pass);
            guard.prove({flow, By::ack}, now);
            RequestSketch bye = request("BYE");
            bye.to_tag = "1";
            REQUIRE(guard.admit(bye, flow, now) == Admission::pass);
            guard.prove({flow, By::dialog}, now);
        }
        // Once for each connection, however much goes over it.
        int stood = 0;
        for (int n = 0; n < 5000; ++n)
            stood += guard.may_connect(from("192.0.2.1", 1, transport), now) ? 1 : 0;
        CHECK(stood == static_cast<int>(settings().connections));
    }
}

TEST_CASE("a gateway that shows credentials over a connection for each call owes nothing afterwards") {
    FloodGuard guard(settings(), key);
    TimePoint now = start;
    for (std::uint64_t n = 0; n < 20'000; ++n, now += 5ms) {
        Flow flow = from("192.0.2.1", static_cast<std::uint16_t>(32'768 + n), Transport::tls);
        flow.connection = ConnectionId{n + 1};
        REQUIRE(guard.admit(request("INVITE"), flow, now) == Admission::pass);  // challenged
        REQUIRE(guard.admit(request("INVITE"), flow, now) == Admission::pass);
        guard.prove({flow, By::call_credentials}, now);
        guard.prove({flow, By::ack}, now);
    }
    // Who never acknowledges what he has shown credentials for is held to his own measure.
    const Flow last = from("192.0.2.2", 5060, Transport::tls);
    guard.prove({last, By::call_credentials}, now);
    CHECK(passed(guard, last, 1000, now) == static_cast<int>(settings().open_calls) - 1);
}

TEST_CASE("a million forged addresses take no more memory than the tables have, and forget nobody proven") {
    FloodSettings small = settings();
    small.addresses = 1000;
    FloodGuard guard(small, key);
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

TEST_CASE("endpoints that proved themselves long ago are forgotten as others prove themselves") {
    FloodGuard guard(settings(), key);
    for (std::uint16_t port = 1; port <= 5000; ++port) guard.prove({from("192.0.2.1", port), By::ack}, start);
    const std::size_t most = guard.remembered();
    CHECK(most >= 5000);
    const Flow phone = from("192.0.2.1", 6000);
    // Who is still believed stays.
    for (int n = 0; n < 5000; ++n) guard.prove({phone, By::ack}, start + 1h);
    CHECK(guard.remembered() == most + 1);
    for (int n = 0; n < 2500; ++n) guard.prove({phone, By::ack}, start + 2h);
    CHECK(guard.remembered() < 10);
    CHECK(guard.may_send(std::string(50'000, 'x'), phone, start + 2h));
}

TEST_CASE("new connections of one address are limited, and refused while it is banned") {
    FloodGuard guard(settings(), key);
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

TEST_CASE("an unproven endpoint is sent at most three times what it sent, retransmissions included") {
    FloodGuard guard(settings(), key);
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

TEST_CASE("what came is answered where its Via says, from port to port of one address, and counts there") {
    FloodGuard guard(settings(), key);
    const Flow sends = from("192.0.2.1", 49152), listens = from("192.0.2.1", 5070);
    RequestSketch asked = request("REGISTER");
    asked.via = "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1, SIP/2.0/UDP 198.51.100.1";
    guard.admit(asked, sends, start);
    const std::string answer = "SIP/2.0 401 X\r\n" + std::string(485, 'x');
    CHECK_FALSE(guard.may_send(answer, sends, start));
    CHECK(guard.may_send(answer, listens, start));
    CHECK(guard.may_send(answer, listens, start));
    CHECK_FALSE(guard.may_send(answer, listens, start));  // 1500 octets for 400
    // Nobody has us answer another address so.
    for (const char* via :
         {"SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK2", "SIP/2.0/UDP 192.0.2.1:5070;rport", "?"}) {
        asked.via = via;
        guard.admit(asked, sends, start);
        CHECK_FALSE(guard.may_send(answer, from("198.51.100.1"), start));
        CHECK_FALSE(guard.may_send(answer, listens, start));
        CHECK(guard.may_send(answer, sends, start));
    }
}

TEST_CASE("of an IPv6 subscriber all addresses are one") {
    FloodGuard guard(settings(), key);
    guard.admit(request("OPTIONS", "sipcli/v1.8"), from("2001:db8::1"), start);
    CHECK(guard.admit(request("OPTIONS"), from("2001:db8::2:3"), start) == Admission::drop);
    CHECK(guard.admit(request("OPTIONS"), from("2001:db8:0:1::1"), start) == Admission::pass);
}
