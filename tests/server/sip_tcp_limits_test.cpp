// What peers of a stream transport may not do: stay mute, dawdle, take nothing, be too many.
#include <chrono>
#include <string>
#include <unordered_set>
#include <vector>

#include "loop_fixture.hpp"
#include "server/sip_tcp_transport.hpp"
#include "tcp_peer.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

// A TCP transport with limits of its own.
struct Tcp : LoopFixture {
    explicit Tcp(SipTcpLimits l)
        : transport(loop, clock, log, advertised, l, 0,
                    {[this](sip::ParsedMessage, const sip::Flow& flow) { flows.push_back(flow); },
                     [this](const sip::Flow&) { ++failed; },
                     [this](sip::ConnectionId connection) { lost.push_back(connection); },
                     {},
                     [this](const sip::Flow&) { return all_are_trunks; },
                     [this] { return in_use; }}),
          bound(*transport.listen(sip::Transport::tcp, {loopback, 0})) {}

    std::uint64_t ended(SipTcpEnd end) const {
        return transport.counters().ended[static_cast<std::size_t>(end)];
    }

    NoLog log;
    AdvertisedAddresses advertised{Config()};
    std::vector<sip::Flow> flows;
    int failed = 0;
    bool all_are_trunks = false;
    std::unordered_set<sip::ConnectionId> in_use;
    std::vector<sip::ConnectionId> lost;
    SipTcpTransport transport;
    Endpoint bound;
};

SipTcpLimits quick() {
    SipTcpLimits limits;
    limits.half_message = 60ms;
    limits.first_message = 10s;
    limits.drain = 60ms;
    return limits;
}

}  // namespace

TEST_CASE("a message beyond the limit ends its connection") {
    SipTcpLimits limits = quick();
    limits.message = 4096;
    Tcp t(limits);
    TcpPeer peer(t.bound);
    peer.send(options("1", std::string(3000, 'x')));
    REQUIRE(t.run_until([&] { return t.flows.size() == 1; }));
    peer.send(options("2", std::string(5000, 'x')));
    CHECK(t.run_until([&] { return t.ended(SipTcpEnd::bad_stream) == 1; }));
}

TEST_CASE("a peer who sends a message octet by octet is dropped, however steadily he sends") {
    Tcp t(quick());
    TcpPeer peer(t.bound);
    const std::string message = options();
    std::size_t sent = 0;
    CHECK(t.run_until([&] {
        if (sent < message.size() - 1 && !peer.closed()) peer.send(message.substr(sent++, 1));
        return t.ended(SipTcpEnd::half_message) == 1;
    }));
    CHECK(sent < message.size() - 1);
    CHECK(t.run_until([&] { return peer.closed(); }));
    CHECK(t.transport.connections() == 0);
}

TEST_CASE("a peer who never says anything whole is dropped, keep-alives or not") {
    SipTcpLimits limits = quick();
    limits.first_message = 400ms;
    Tcp t(limits);
    TcpPeer mute(t.bound);
    TcpPeer pinging(t.bound);
    TcpPeer good(t.bound);
    good.send(options());
    CHECK(t.run_until([&] {
        if (!pinging.closed()) pinging.send("\r\n\r\n");
        return t.ended(SipTcpEnd::silent) == 2;
    }));
    CHECK(t.transport.connections() == 1);
    CHECK_FALSE(good.closed());
}

TEST_CASE("thousands of pings at once are one sign of life, and get few pongs") {
    Tcp t(quick());
    TcpPeer peer(t.bound);
    std::string pings;
    for (int n = 0; n < 4096; ++n) pings += "\r\n\r\n";
    REQUIRE(peer.send(pings + options()));
    REQUIRE(t.run_until([&] { return t.flows.size() == 1; }));
    std::string pongs;
    for (std::string more = peer.receive(); !more.empty(); more = peer.receive()) pongs += more;
    CHECK(pongs.size() >= 2);
    CHECK(pongs.size() <= 2 * 4);  // for each piece that the network made of it
    peer.send("\r\n\r\n");         // whoever asks now and then is answered every time
    CHECK(t.run_until([&] { return peer.receive() == "\r\n"; }));
}

TEST_CASE("a peer who owes a pong is dropped when he says nothing, and stays when he says anything") {
    SipTcpLimits limits = quick();
    limits.pong = 500ms;
    Tcp t(limits);
    TcpPeer dead(t.bound), alive(t.bound);
    dead.send(options("1"));
    REQUIRE(t.run_until([&] { return t.flows.size() == 1; }));
    alive.send(options("2"));
    REQUIRE(t.run_until([&] { return t.flows.size() == 2; }));
    t.transport.ping(t.flows[1], "\r\n\r\n", true);
    alive.send("\r\n");
    t.transport.ping(t.flows[0], "\r\n\r\n", false);
    CHECK_FALSE(t.run_until([&] { return t.transport.connections() < 2; }, 700ms));
    t.transport.ping(t.flows[0], "\r\n\r\n", true);
    CHECK(t.run_until([&] { return t.ended(SipTcpEnd::no_pong) == 1; }));
    CHECK_FALSE(alive.closed());
    // For what is gone no connection is opened.
    CHECK(t.run_until([&] { return t.transport.connections() == 1; }));
    t.transport.ping(t.flows[0], "\r\n\r\n", true);
    CHECK(t.transport.connections() == 1);
}

TEST_CASE("a peer who never reads is dropped when his time or our memory is up") {
    SipTcpLimits limits = quick();
    Tcp t(limits);
    TcpPeer peer(t.bound, 4096);
    peer.send(options());
    REQUIRE(t.run_until([&] { return t.flows.size() == 1; }));
    SUBCASE("time") {
        // More than any kernel buffers for us, less than the bound.
        for (int i = 0; i < 100 && t.transport.connections() == 1; ++i) {
            t.transport.send({t.flows[0], std::string(200'000, 'x')});
            if (t.ended(SipTcpEnd::not_reading)) break;
        }
        CHECK(t.run_until([&] { return t.ended(SipTcpEnd::not_reading) == 1; }));
    }
    SUBCASE("memory") {
        for (int i = 0; i < 10'000 && t.ended(SipTcpEnd::not_reading) == 0; ++i)
            t.transport.send({t.flows[0], std::string(60'000, 'x')});
        CHECK(t.ended(SipTcpEnd::not_reading) == 1);
    }
    CHECK(t.run_until([&] { return t.failed == 1; }));
    CHECK(t.transport.connections() == 0);
    CHECK(t.run_until([&] { return t.lost == std::vector{t.flows[0].connection}; }));
}

TEST_CASE("an idle connection is closed in the end") {
    SipTcpLimits limits = quick();
    limits.idle = 400ms;
    Tcp t(limits);
    TcpPeer peer(t.bound);
    peer.send(options());
    CHECK(t.run_until([&] { return t.ended(SipTcpEnd::idle) == 1; }));
    REQUIRE(t.flows.size() == 1);
    CHECK(t.run_until([&] { return t.lost == std::vector{t.flows[0].connection}; }));
    CHECK(t.failed == 0);
}

TEST_CASE("connections are limited in all and for each peer") {
    SipTcpLimits limits = quick();
    limits.connections = 3;
    limits.connections_per_peer = 2;
    Tcp t(limits);
    TcpPeer a(t.bound);
    TcpPeer b(t.bound);
    TcpPeer c(t.bound);
    CHECK(t.run_until([&] { return t.transport.counters().refused_peer == 1; }));
    CHECK(t.transport.connections() == 2);
    a = TcpPeer(t.bound);  // the old one closes and makes room
    CHECK(t.run_until(
        [&] { return t.transport.counters().accepted + t.transport.counters().refused_peer == 4; }));
}

TEST_CASE("a trunk may have half of all connections, whatever others may have") {
    SipTcpLimits limits = quick();
    limits.connections_per_peer = 2;
    limits.connections = 6;
    Tcp t(limits);
    t.all_are_trunks = true;
    TcpPeer a(t.bound), b(t.bound), c(t.bound);
    CHECK(t.run_until([&] { return t.transport.connections() == 3; }));
    CHECK(t.transport.counters().refused_peer == 0);
    TcpPeer d(t.bound);
    CHECK(t.run_until([&] { return t.transport.counters().refused_peer == 1; }));
    t.all_are_trunks = false;
    TcpPeer e(t.bound);
    CHECK(t.run_until([&] { return t.transport.counters().refused_peer == 2; }));
}

TEST_CASE(
    "full of strangers' connections the longest silent one goes for somebody new; proven ones never do") {
    SipTcpLimits limits = quick();
    limits.connections = 3;
    Tcp t(limits);
    const auto served = [&](TcpPeer& peer) {
        const std::size_t before = t.flows.size();
        peer.send(options());
        return t.run_until([&] { return t.flows.size() > before; });
    };
    TcpPeer caller(t.bound), first(t.bound), second(t.bound);
    REQUIRE(served(caller));
    t.transport.prove(t.flows.back().connection);
    REQUIRE(served(second));
    REQUIRE(served(first));
    TcpPeer fourth(t.bound);
    REQUIRE(served(fourth));
    CHECK(t.run_until([&] { return second.closed(); }));
    CHECK(t.transport.counters().ended[static_cast<std::size_t>(SipTcpEnd::displaced)] == 1);
    for (const auto& flow : t.flows) {
        t.transport.prove(flow.connection);
        t.in_use.insert(flow.connection);
    }
    TcpPeer fifth(t.bound);
    CHECK(t.run_until([&] { return t.transport.counters().refused_full == 1; }));
    CHECK(t.transport.connections() == 3);
    for (TcpPeer* each : {&caller, &first, &fourth}) CHECK_FALSE(each->closed());
    t.all_are_trunks = true;
    TcpPeer trunk(t.bound);
    CHECK(served(trunk));
    CHECK(t.transport.connections() == 4);
}

TEST_CASE("proof lasts as long as what it was for, and the longest silent one goes first") {
    SipTcpLimits limits = quick();
    limits.connections = 2;
    Tcp t(limits);
    TcpPeer first(t.bound), second(t.bound);
    for (TcpPeer* each : {&first, &second}) {
        const std::size_t before = t.flows.size();
        each->send(options());
        REQUIRE(t.run_until([&] { return t.flows.size() > before; }));
        t.transport.prove(t.flows.back().connection);
    }
    t.in_use = {t.flows[0].connection};  // the call over the other one is over
    TcpPeer third(t.bound);
    third.send(options());
    CHECK(t.run_until([&] { return t.flows.size() == 3; }));
    CHECK(t.run_until([&] { return second.closed(); }));
    CHECK_FALSE(first.closed());
    CHECK(t.ended(SipTcpEnd::displaced) == 1);
}

TEST_CASE("full of calls we still connect where we are to, some more and no more, to trunks always") {
    SipTcpLimits limits = quick();
    limits.connections = 1;
    limits.reserve = 1;
    Tcp t(limits);
    Tcp far(quick()), farther(quick());
    TcpPeer caller(t.bound);
    caller.send(options());
    REQUIRE(t.run_until([&] { return t.flows.size() == 1; }));
    t.transport.prove(t.flows[0].connection);
    t.in_use = {t.flows[0].connection};
    const auto send_to = [&](const Tcp& other) {
        sip::Flow flow = t.flows[0];
        flow.connection = {};
        flow.remote = other.bound;
        t.transport.send({flow, options()});
    };
    send_to(far);
    CHECK(t.transport.connections() == 2);
    send_to(farther);
    CHECK(t.transport.connections() == 2);
    CHECK(t.run_until([&] { return t.failed == 1; }));
    t.all_are_trunks = true;
    send_to(farther);
    CHECK(t.transport.connections() == 3);
}

TEST_CASE("when all connections together keep too much, the one longest without a message goes") {
    SipTcpLimits limits = quick();
    limits.half_message = 10s;
    limits.memory = 20'000;
    Tcp t(limits);
    const std::string begun = options("1", std::string(9000, 'x')).substr(0, 9000);
    TcpPeer good(t.bound);
    TcpPeer first(t.bound);
    REQUIRE(t.run_until([&] { return t.transport.connections() == 2; }));
    first.send(begun);
    REQUIRE(t.run_until([&] { return t.transport.memory() == 9000; }));
    TcpPeer second(t.bound);
    second.send(begun);
    REQUIRE(t.run_until([&] { return t.transport.memory() == 18'000; }));
    good.send(options());
    REQUIRE(t.run_until([&] { return t.flows.size() == 1; }));
    CHECK(t.ended(SipTcpEnd::no_memory) == 0);
    good.send(begun);
    CHECK(t.run_until([&] { return first.closed(); }));
    CHECK(t.ended(SipTcpEnd::no_memory) == 1);
    CHECK(t.run_until([&] { return t.transport.memory() == 18'000; }));
    CHECK_FALSE(good.closed());
    CHECK_FALSE(second.closed());
    CHECK(t.transport.connections() == 2);
}

TEST_CASE("a peer who hangs up leaves nothing behind") {
    Tcp t(quick());
    for (int i = 0; i < 50; ++i) {
        TcpPeer peer(t.bound);
        peer.send(options());
    }
    CHECK(t.run_until(
        [&] { return t.ended(SipTcpEnd::closed_by_peer) + t.ended(SipTcpEnd::network_error) == 50; }));
    CHECK(t.transport.connections() == 0);
    CHECK(t.run_until([&] { return t.lost.size() == 50; }));
}
