// TLS and WebSocket on real sockets: two sets of transports talk to one another, a browser is played by hand.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include "loop_fixture.hpp"
#include "server/sip_transports.hpp"
#include "server/socket.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

struct NoLog final : LogSink {
    void write(const LogRecord&) override {}
};

Config::Sip settings_of(std::vector<ListenAddress> listeners, bool trusted) {
    Config::Sip settings;
    settings.listen = std::move(listeners);
    const std::string folder = test_data("tls/");
    if (trusted) settings.tls = {{folder + "host.pem"}, {folder + "host.key"}, folder + "ca.pem", {}};
    return settings;
}

// One side: what it received, and over which flows.
struct Side {
    Side(LoopFixture& f, std::vector<ListenAddress> listeners, bool trusted = true)
        : settings(settings_of(std::move(listeners), trusted)),
          transports(f.loop, f.clock, log, log, advertised, settings,
                     {[](std::string_view, const sip::Flow&) {},
                      [this](sip::ParsedMessage message, const sip::Flow& flow) {
                          received.push_back(std::string(message.message.call_id()));
                          flows.push_back(flow);
                      },
                      [this](const sip::Flow& flow) { failed.push_back(flow); },
                      [this](sip::ConnectionId connection) { lost.push_back(connection); }}) {
        auto result = transports.listen();
        REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
        bound = *result;
    }
    sip::Flow flow_to(const Endpoint& remote, const std::string& domain = {}) {
        sip::Flow flow;
        flow.transport = sip::Transport::tls;
        flow.local = flow.advertised = {remote.address, 5061};
        flow.remote = remote;
        flow.domain = domain;
        return flow;
    }

    NoLog log;
    AdvertisedAddresses advertised{Config()};
    Config::Sip settings;
    std::vector<std::string> received;
    std::vector<sip::Flow> flows, failed;
    std::vector<sip::ConnectionId> lost;
    SipTransports transports;
    std::vector<ListenAddress> bound;
};

ListenAddress at_loopback(sip::Transport transport) {
    return {transport, *Endpoint::parse("127.0.0.1:0"), false};
}

std::string options(const std::string& call, const std::string& transport, std::size_t body = 0) {
    return "OPTIONS sip:1000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/" + transport +
           " client.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@b.example>;tag=1\r\nTo: <sip:1000@127.0.0.1>\r\n"
           "Call-ID: " +
           call + "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: " + std::to_string(body) +
           "\r\n\r\n" + std::string(body, 'x');
}

}  // namespace

TEST_CASE("messages go over TLS both ways, over one connection that is used again") {
    LoopFixture f;
    Side server(f, {at_loopback(sip::Transport::tls)}), client(f, {});
    const sip::Flow flow = client.flow_to(server.bound[0].endpoint);
    for (const char* call : {"one", "two", "three"})
        client.transports.send({flow, options(call, "TLS", 20'000)});
    REQUIRE(f.run_until([&] { return server.received.size() == 3; }));
    CHECK(server.received == std::vector<std::string>{"one", "two", "three"});
    CHECK(server.flows[0].transport == sip::Transport::tls);
    CHECK(server.transports.tcp().connections() == 1);
    server.transports.send({server.flows[0], options("back", "TLS")});
    REQUIRE(f.run_until([&] { return client.received.size() == 1; }));
    CHECK(client.failed.empty());
}

TEST_CASE("a flow says whom the client's certificate names, of those we know") {
    LoopFixture f;
    Side server(f, {}), client(f, {});
    server.settings.tls.verify_client = TlsClientCheck::optional;
    server.settings.listen = {at_loopback(sip::Transport::tls)};
    server.transports.know_peers({"example.net", "sip.example.com", "other.example.com"});
    const auto bound = server.transports.listen();
    REQUIRE(bound.ok());
    client.transports.send({client.flow_to(bound->at(0).endpoint), options("one", "TLS")});
    REQUIRE(f.run_until([&] { return server.received.size() == 1; }));
    CHECK(sip::proved_domain(server.flows[0]) == "sip.example.com");
    server.transports.send({server.flows[0], options("back", "TLS")});
    REQUIRE(f.run_until([&] { return client.received.size() == 1; }));
    CHECK(sip::proved_domain(client.flows[0]).empty());
}

TEST_CASE("who cannot prove to be the domain of the URI gets nothing, and the sender learns of it") {
    LoopFixture f;
    Side server(f, {at_loopback(sip::Transport::tls)}),
        stranger(f, {at_loopback(sip::Transport::tls)}, false);
    Side client(f, {});
    client.transports.send(
        {client.flow_to(server.bound[0].endpoint, "sip.example.com"), options("right", "TLS")});
    REQUIRE(f.run_until([&] { return server.received.size() == 1; }));
    // The same peer, over a connection of its own, is not another domain (RFC 5922, RFC 5923 §9).
    client.transports.send(
        {client.flow_to(server.bound[0].endpoint, "bank.example.com"), options("wrong", "TLS")});
    REQUIRE(f.run_until([&] { return client.failed.size() == 1; }));
    client.transports.send({client.flow_to(stranger.bound[0].endpoint), options("self-signed", "TLS")});
    REQUIRE(f.run_until([&] { return client.failed.size() == 2; }));
    CHECK(server.received.size() == 1);
    CHECK(stranger.received.empty());
}

TEST_CASE("a browser's SIP comes in over WebSocket and the answer goes back over it") {
    LoopFixture f;
    Side server(f, {at_loopback(sip::Transport::ws)});
    FileDescriptor fd = *open_unbound_socket(SOCK_STREAM, IpFamily::v4);
    const SocketAddress address(server.bound[0].endpoint);
    (void)connect(fd.get(), address.get(), address.size());
    const std::string upgrade =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
        "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    const std::string message = options("web", "WS");
    // A key of zeros masks nothing.
    const std::string frame = std::string("\x81\xfe", 2) + static_cast<char>(message.size() >> 8) +
                              static_cast<char>(message.size()) + std::string(4, '\0') + message;
    REQUIRE(f.run_until([&] {
        return ::send(fd.get(), (upgrade + frame).data(), (upgrade + frame).size(), MSG_NOSIGNAL) > 0;
    }));
    REQUIRE(f.run_until([&] { return server.received.size() == 1; }));
    CHECK(server.received[0] == "web");
    CHECK(server.flows[0].transport == sip::Transport::ws);
    server.transports.send({server.flows[0], "SIP/2.0 200 OK\r\n\r\n"});
    std::string got;
    REQUIRE(f.run_until([&] {
        char buffer[1000];
        const ssize_t n = recv(fd.get(), buffer, sizeof buffer, 0);
        if (n > 0) got.append(buffer, static_cast<std::size_t>(n));
        return got.find("200 OK") != std::string::npos;
    }));
    CHECK(got.starts_with("HTTP/1.1 101 "));
    CHECK(got.ends_with("\x81\x12SIP/2.0 200 OK\r\n\r\n"));
    // Gone, it cannot be called back (RFC 7118 §5).
    fd = FileDescriptor();
    REQUIRE(f.run_until([&] { return server.transports.tcp().connections() == 0; }));
    server.transports.send({server.flows[0], options("late", "WS")});
    CHECK(f.run_until([&] { return server.failed.size() == 1; }));
}
