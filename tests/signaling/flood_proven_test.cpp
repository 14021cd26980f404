// What the flood guard grants to who has proven himself, and to who only says so, in virtual time.
#include "tests/signaling/flood_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

// As the server vouches: for the dialogs of calls, and for nonces that went to that address.
bool vouches(const RequestSketch& each, const Flow&) {
    return each.to_tag == "ours" || each.authorization == "Digest ours";
}

RequestSketch tagged(std::string_view method, std::string_view tag) {
    RequestSketch out = request(method);
    out.to_tag = tag;
    return out;
}

int passed(FloodGuard& guard, const RequestSketch& each, const Flow& flow, int count, TimePoint now) {
    int out = 0;
    for (int n = 0; n < count; ++n) out += guard.admit(each, flow, now) == Admission::pass ? 1 : 0;
    return out;
}

}  // namespace

TEST_CASE("however many ports of an address are proven, what they leave open counts for the address") {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        FloodGuard guard(settings(), key);
        int calls = 0, requests = 0;
        for (std::uint16_t port = 1; port <= 20; ++port)
            guard.prove({from("192.0.2.1", port, transport), By::ack}, start);
        for (std::uint16_t port = 1; port <= 20; ++port) {
            calls += sip::passed(guard, from("192.0.2.1", port, transport), 500, start);
            requests += sip::passed(guard, from("192.0.2.1", port, transport), 3000, start, "OPTIONS");
        }
        CHECK(calls > 1000);
        CHECK(calls <= 1400);
        CHECK(requests <= 7000);
        // In a second later what is forgotten of an address, and a little of each port.
        calls = 0;
        for (std::uint16_t port = 1; port <= 20; ++port)
            calls += sip::passed(guard, from("192.0.2.1", port, transport), 500, start + 1s);
        CHECK(calls <= 3 * 20 + 20);
        CHECK(sip::passed(guard, from("192.0.2.2", 1, transport), 100, start) == 100);
    }
}

TEST_CASE("what completes from many proven ports of one address is never held up") {
    FloodGuard guard(settings(), key);
    TimePoint now = start;
    for (int n = 0; n < 60'000; ++n, now += 500us) {
        const Flow flow = from("192.0.2.1", static_cast<std::uint16_t>(1 + n % 40));
        REQUIRE(guard.admit(request("INVITE"), flow, now) == Admission::pass);
        REQUIRE(guard.admit(tagged("ACK", "1"), flow, now) == Admission::pass);
        guard.prove({flow, By::ack}, now);
        REQUIRE(guard.admit(tagged("BYE", "1"), flow, now) == Admission::pass);
        guard.prove({flow, By::dialog}, now);
    }
    // A thousand legs at once, before any is acknowledged.
    for (int n = 0; n < 1000; ++n)
        CHECK(guard.admit(request("INVITE"), from("192.0.2.1", static_cast<std::uint16_t>(1 + n % 40)),
                          now) == Admission::pass);
}

TEST_CASE("who floods in the name of an address's other ports leaves each phone there a share of its own") {
    FloodGuard guard(settings(), key);
    for (std::uint16_t port = 1; port <= 20; ++port)
        guard.prove({from("192.0.2.1", port), By::credentials}, start);
    for (std::uint16_t port = 2; port <= 20; ++port) {
        sip::passed(guard, from("192.0.2.1", port), 1000, start);
        sip::passed(guard, from("192.0.2.1", port), 5000, start, "BYE");
    }
    const Flow phone = from("192.0.2.1", 1);
    CHECK(sip::passed(guard, phone, 5, start) == 5);
    CHECK(sip::passed(guard, phone, 20, start, "REGISTER") == 20);
}

TEST_CASE("what is vouched for passes beyond its sender's measure, but not without end") {
    for (const char* method : {"BYE", "ACK", "INVITE", "INFO"}) {
        CAPTURE(method);
        FloodGuard guard(settings(), key, vouches);
        const Flow phone = from("192.0.2.1", 5070);
        guard.prove({phone, By::credentials}, start);
        CHECK(passed(guard, tagged(method, "ours"), phone, 5000, start) == 2000 + 200);
        CHECK(passed(guard, tagged(method, "made up"), phone, 100, start) == 0);
        // What completes gives back what it cost.
        for (int n = 0; n < 1000; ++n) {
            guard.prove({phone, By::dialog}, start);
            CHECK(guard.admit(tagged(method, "ours"), phone, start) == Admission::pass);
        }
    }
}

TEST_CASE("ACKs are measured; in a flood of them those of calls that got in pass") {
    FloodGuard guard(settings(), key, vouches);
    const Flow flow = from("192.0.2.1");
    CHECK(passed(guard, tagged("ACK", "made up"), flow, 50'000, start) == 2000);
    CHECK(passed(guard, tagged("ACK", "ours"), flow, 50'000, start) == 200);
    const Flow caller = from("192.0.2.2");
    guard.prove({caller, By::ack}, start);
    CHECK(passed(guard, tagged("ACK", "made up"), caller, 50'000, start) == 2000);
    CHECK(passed(guard, request("CANCEL"), caller, 50'000, start) == 0);
    // Nobody answers an ACK, over a connection either.
    const Flow stream = from("192.0.2.3", 4000, Transport::tcp);
    for (int n = 0; n < 3000; ++n) CHECK(guard.admit(tagged("ACK", "x"), stream, start) != Admission::busy);
}

TEST_CASE("no flood of forged addresses makes us forget where somebody is known") {
    FloodGuard guard(settings(), key);
    guard.prove({from("192.0.2.1", 5070), By::credentials}, start);
    for (std::uint32_t n = 0; n < 40'000; ++n) {
        Flow flow = from("192.0.2.1");
        flow.remote.address = IpAddress::v4(0x0b000000u + n);
        guard.admit(request(n % 2 == 0 ? "OPTIONS" : "ACK"), flow, start);
        guard.admit(request("INVITE"), flow, start);
    }
    guard.admit(request("OPTIONS", "sipcli"), from("192.0.2.1", 9), start);
    const Flow moved = from("192.0.2.1", 5071);
    CHECK(guard.admit(request("OPTIONS"), moved, start) == Admission::drop);
    CHECK(guard.admit(request("REGISTER"), moved, start) == Admission::pass);
    // And what is forged elsewhere keeps nobody there from calling.
    guard.lift(moved.remote.address, start);
    CHECK(guard.admit(request("INVITE"), moved, start) == Admission::pass);
    CHECK(guard.admit(request("INVITE"), from("198.51.100.1"), start) == Admission::drop);
}

TEST_CASE("an endpoint that was only named hears one request of ours, and that once more") {
    FloodGuard guard(settings(), key);
    const Flow named = from("203.0.113.9", 5060);
    for (const char* method : {"BYE", "NOTIFY", "OPTIONS", "INVITE", "MESSAGE"}) {
        CAPTURE(method);
        FloodGuard fresh(settings(), key);
        const std::string text = std::string(method) + " sip:w SIP/2.0\r\nTo: <sip:w>;tag=1\r\n\r\n";
        int sent = 0;
        for (int n = 0; n < 11; ++n) sent += fresh.may_send(text, named, start) ? 1 : 0;
        CHECK(sent == 2);
        CHECK(fresh.may_send(text, from("10.0.0.9"), start));
        CHECK(fresh.may_send(text, from("203.0.113.9", 5060, Transport::tcp), start));
        fresh.prove({named, By::dialog}, start);
        CHECK(fresh.may_send(text, named, start));
    }
    // Where it is we who begin nothing is to be weighed.
    for (const char* text :
         {"INVITE sip:w SIP/2.0\r\nTo: <sip:w>\r\n\r\n", "OPTIONS sip:w SIP/2.0\r\nTo: <sip:w>\r\n\r\n",
          "CANCEL sip:w SIP/2.0\r\nTo: <sip:w>\r\n\r\n"})
        for (int n = 0; n < 11; ++n) CHECK(guard.may_send(text, named, start));
}

TEST_CASE("however many ACKs went to an endpoint that was only named, the request that ends its call does") {
    FloodGuard guard(settings(), key);
    const Flow named = from("203.0.113.9");
    const std::string rest = " sip:w SIP/2.0\r\nTo: <sip:w>;tag=1\r\n\r\n";
    for (int n = 0; n < 12; ++n) CHECK(guard.may_send("ACK" + rest, named, start));
    CHECK(guard.may_send("BYE" + rest, named, start));
    CHECK(guard.may_send("BYE" + rest, named, start + 1s));
    CHECK_FALSE(guard.may_send("BYE" + rest, named, start + 2s));
}

TEST_CASE("an endpoint that was only named hears an ACK for each copy of a 2xx, but not without end") {
    // However lossy the way: Timer G has a 2xx go out eleven times. Also where something came from already.
    for (const char* tag : {";tag=1", ""}) {  // RFC 2543 knows a 2xx without one
        const std::string head = std::string("ACK sip:w SIP/2.0\r\nTo: <sip:w>") + tag + "\r\nSubject: ";
        const std::string ack = head + std::string(600 - head.size() - 4, 'x') + "\r\n\r\n";
        for (const char* address : {"203.0.113.9", "203.0.113.10"}) {
            CAPTURE(address);
            FloodGuard guard(settings(), key);
            const auto heard = [&](const std::string& text, const Flow& to, int count, TimePoint now) {
                std::size_t octets = 0;
                for (int n = 0; n < count; ++n) octets += guard.may_send(text, to, now) ? text.size() : 0;
                return octets;
            };
            const Flow named = from(address);
            if (named.remote.address == *IpAddress::parse("203.0.113.10"))
                guard.admit(request("OPTIONS"), named, start);
            CHECK(heard(ack, named, 12, start) == 12 * ack.size());
            heard(ack, named, 10'000, start);
            // Nor does another port of it, half a minute later or a larger one.
            std::size_t octets = 0;
            for (std::uint16_t port = 1; port <= 100; ++port)
                octets += heard(ack, from(address, port), 100, start + 10s);
            CHECK(octets <= 10 * 250);
            CHECK(octets > 0);
            CHECK(heard(head + std::string(20'000, 'x') + "\r\n\r\n", from(address), 9, start + 1h) == 0);
            CHECK(heard(ack, from("203.0.113.11"), 12, start) == 12 * ack.size());
            guard.prove({named, By::dialog}, start);
            CHECK(heard(ack, named, 100, start) == 100 * ack.size());
        }
    }
}

TEST_CASE(
    "the requests that all ports of a named address hear are together no more than a few thousand octets") {
    FloodGuard guard(settings(), key);
    const std::string text = "NOTIFY sip:w SIP/2.0\r\nTo: <sip:w>;tag=1\r\n\r\n" + std::string(1200, 'x');
    const auto sent = [&](const char* address, std::size_t size, TimePoint now) {
        std::size_t octets = 0;
        const std::string cut = text.substr(0, size);
        for (std::uint16_t port = 1; port <= 200; ++port)
            for (int n = 0; n < 11; ++n) octets += guard.may_send(cut, from(address, port), now) ? size : 0;
        return octets;
    };
    CHECK(sent("203.0.113.9", 1200, start) == 6 * 1200);
    CHECK(sent("203.0.113.9", 1200, start + 32s) <= 8000);
    CHECK(sent("203.0.113.10", 1200, start) == 6 * 1200);
    // All addresses of an IPv6 subscriber are one.
    CHECK(sent("2001:db8::1", 1200, start) == 6 * 1200);
    CHECK(sent("2001:db8::2", 1200, start) == 0);
}

TEST_CASE("who was away hears of a call again after a while") {
    FloodGuard guard(settings(), key);
    const Flow named = from("203.0.113.9", 5060);
    const std::string text = "BYE sip:w SIP/2.0\r\nTo: <sip:w>;tag=1\r\n\r\n";
    for (const Duration after : {0s, 64s, 128s}) {
        int sent = 0;
        for (int n = 0; n < 11; ++n) sent += guard.may_send(text, named, start + after) ? 1 : 0;
        CHECK(sent == 2);
    }
}

TEST_CASE("what a call's ACK and BYE cost where they come from is given back there, and proves nothing") {
    FloodGuard guard(settings(), key);
    const Flow proxy = from("203.0.113.9", 5060);
    for (int n = 0; n < 10'000; ++n) {
        REQUIRE(guard.admit(tagged("ACK", "1"), proxy, start) == Admission::pass);
        guard.prove({proxy, By::passing}, start);
    }
    CHECK(passed(guard, tagged("ACK", "made up"), proxy, 50'000, start) == 2000);
    const std::string answer = "SIP/2.0 200 OK\r\n\r\n" + std::string(8'000'000, ' ');
    CHECK_FALSE(guard.may_send(answer + answer, proxy, start));
}

TEST_CASE("a proven endpoint that is banned hangs up, but not without end") {
    FloodGuard guard(settings(), key);
    const Flow phone = from("192.0.2.1", 5070);
    guard.prove({phone, By::ack}, start);
    guard.ban(phone.remote.address, 10min, start);
    CHECK(passed(guard, tagged("BYE", "any"), phone, 5000, start) == 2000);
    CHECK(passed(guard, tagged("INFO", "any"), phone, 10, start) == 0);
}
