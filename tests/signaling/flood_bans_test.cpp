// Scanners, guessers and bans, in virtual time.
#include "tests/signaling/flood_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

TEST_CASE("a scanner is dropped, banned at once, and stays so under another name; each ban is longer") {
    FloodGuard guard(settings(), key);
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
    FloodGuard guard(settings(), key);
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
    FloodGuard guard(settings(), key);
    const Flow guesser = from("192.0.2.1", 4000), neighbour = from("192.0.2.1", 4001);
    guard.prove({guesser, By::ack}, start);
    guard.prove({neighbour, By::credentials}, start);
    RequestSketch guess = request("REGISTER");
    guess.authorization = "Digest";
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
    FloodGuard guard(settings(), key);
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
        inside.to_tag = "1";
        CHECK(guard.admit(inside, phone, start) == Admission::pass);
    }
    RequestSketch renewal = request("REGISTER");
    renewal.authorization = "Digest";
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
    FloodGuard guard(settings(), key);
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
    FloodGuard guard(settings(), key);
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

TEST_CASE("bans are listed while they last, may be imposed and lifted, and the next one begins anew") {
    FloodGuard guard(settings(), key);
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
    FloodGuard guard(settings(), key);
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
    FloodGuard guard(settings(), key);
    const Flow phone = from("192.0.2.1", 4000), stream = from("192.0.2.1", 9, Transport::tls);
    for (const Flow& each : {phone, stream}) guard.prove({each, By::credentials}, start);
    guard.ban(phone.remote.address, 1h, start);
    for (const Flow& each : {phone, stream, from("192.0.2.1", 4001)})
        CHECK(passed(guard, each, 1, start + 59min) == 0);
    // He may hang up, and a shorter ban ends none that is longer.
    RequestSketch bye = request("BYE");
    bye.to_tag = "1";
    CHECK(guard.admit(bye, phone, start) == Admission::pass);
    guard.ban(phone.remote.address, 1min, start);
    CHECK(passed(guard, phone, 1, start + 59min) == 0);
    CHECK(guard.lift(phone.remote.address, start + 59min));
    CHECK(passed(guard, phone, 1, start + 59min) == 1);
}

TEST_CASE("however many are banned, the list of them is bounded") {
    FloodGuard guard(settings(), key);
    for (std::uint32_t n = 0; n < 10'000; ++n) guard.ban(IpAddress::v4(0x0a000000u + n), 1h, start);
    CHECK(guard.bans(start).size() == 4096);
    CHECK(guard.bans_so_far() == 10'000);
}

TEST_CASE("junk is answered, or by policy met with silence; who proves himself or calls is always answered") {
    const auto answer = [](int status, std::string_view method) {
        return "SIP/2.0 " + std::to_string(status) + " X\r\nVia: SIP/2.0/TCP h\r\nCSeq: 4294967295 " +
               std::string(method) + "\r\nContent-Length: 0\r\n\r\n";
    };
    FloodSettings silent = settings();
    silent.answer_junk = false;
    FloodGuard guard(silent, key), open(settings(), key);
    for (const Transport transport : {Transport::udp, Transport::tls}) {
        const Flow stranger = from("192.0.2.1", 4000, transport), phone = from("192.0.2.1", 5070, transport);
        const Flow local = from("10.0.0.1", 4000, transport);
        guard.prove({phone, By::credentials}, start);
        for (const Flow& each : {stranger, local})
            for (FloodGuard* one : {&guard, &open})
                for (int n = 0; n < 20; ++n) one->admit(request("OPTIONS"), each, start);
        for (const auto& [status, method] : {std::pair{400, "INVITE"},
                                             {481, "INVITE"},
                                             {416, "REGISTER"},
                                             {401, "MESSAGE"},
                                             {481, "BYE"},
                                             {501, "FOO"},
                                             {404, "OPTIONS"}}) {
            CAPTURE(status);
            CAPTURE(method);
            CHECK_FALSE(guard.may_send(answer(status, method), stranger, start));
            CHECK_FALSE(guard.may_send(answer(status, method), local, start));
            CHECK(guard.may_send(answer(status, method), phone, start));
            CHECK(open.may_send(answer(status, method), stranger, start));
        }
        for (const auto& [status, method] : {std::pair{401, "INVITE"},
                                             {401, "REGISTER"},
                                             {486, "INVITE"},
                                             {503, "INVITE"},
                                             {200, "OPTIONS"},
                                             {200, "BYE"},
                                             {100, "INVITE"}})
            CHECK(guard.may_send(answer(status, method), stranger, start));
        CHECK(guard.may_send("SIP/2.0 ", stranger, start));
    }
}
