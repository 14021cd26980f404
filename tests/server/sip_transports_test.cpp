#include "server/sip_transports.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <thread>

#include "base/random.hpp"
#include "loop_fixture.hpp"
#include "server/link_local.hpp"
#include "server/socket.hpp"
#include "server/state_report.hpp"
#include "tcp_peer.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

Config::Sip listen_on(std::vector<ListenAddress> addresses) {
    Config config;
    config.sip.listen = std::move(addresses);
    return config.sip;
}

struct Transports : LoopFixture {
    explicit Transports(std::vector<ListenAddress> addresses, const Config& config = {})
        : settings(listen_on(std::move(addresses))),
          advertised(config),
          transports(loop, clock, log, log, advertised, settings,
                     {[this](std::string_view bytes, const sip::Flow& flow) {
                          received.emplace_back(bytes);
                          flows.push_back(flow);
                      },
                      [this](sip::ParsedMessage message, const sip::Flow& flow) {
                          received.emplace_back(message.ok() ? "ok" : std::string(to_string(message.reason)));
                          flows.push_back(flow);
                      },
                      [this](const sip::Flow& flow) { failed.push_back(flow); },
                      [this](sip::ConnectionId connection) { lost.push_back(connection); },
                      {},
                      {},
                      {},
                      [this](const sip::Flow&) { return hears; }}) {
        auto result = transports.listen();
        REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
        bound = *result;
    }
    bool wait_for(std::size_t messages) {
        return run_until([&] { return received.size() >= messages; });
    }

    NoLog log;
    Config::Sip settings;
    AdvertisedAddresses advertised;
    std::vector<std::string> received;
    std::vector<sip::Flow> flows;
    std::vector<sip::Flow> failed;
    std::vector<sip::ConnectionId> lost;
    bool hears = true;
    SipTransports transports;
    std::vector<ListenAddress> bound;
};

ListenAddress udp(const char* address) {
    return {sip::Transport::udp, *Endpoint::parse(address), false};
}
ListenAddress tcp(const char* address) {
    return {sip::Transport::tcp, *Endpoint::parse(address), false};
}

struct UdpPeer {
    explicit UdpPeer(const char* address = "127.0.0.1:0")
        : fd(*open_socket(SOCK_DGRAM, *Endpoint::parse(address))) {}
    void send(std::string_view bytes, const Endpoint& to) {
        const SocketAddress address(to);
        REQUIRE(sendto(fd.get(), bytes.data(), bytes.size(), 0, address.get(), address.size()) ==
                static_cast<ssize_t>(bytes.size()));
    }
    std::string receive(Endpoint* from = nullptr) {
        std::string buffer(70000, '\0');
        SocketAddress source;
        const ssize_t n = recvfrom(fd.get(), buffer.data(), buffer.size(), 0, source.get(), source.fill());
        if (from) *from = source.endpoint();
        buffer.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
        return buffer;
    }
    FileDescriptor fd;
};

Config nobody_is_local() {
    Config config;
    config.sip.external_address = Endpoint::parse("203.0.113.9:5080");
    config.sip.local_net.clear();
    return config;
}

}  // namespace

TEST_CASE("a wildcard UDP socket knows which of our addresses was reached and answers from it") {
    Transports t({udp("0.0.0.0:0")});
    const std::uint16_t port = t.bound[0].endpoint.port;
    for (const char* address : {"127.0.0.1", "127.0.0.2", "127.0.0.77"}) {
        UdpPeer peer;
        const Endpoint ours{*IpAddress::parse(address), port};
        const std::size_t before = t.received.size();
        peer.send("hello", ours);
        REQUIRE(t.wait_for(before + 1));
        const sip::Flow flow = t.flows.back();
        CHECK(flow.local == ours);
        CHECK(flow.advertised == ours);
        CHECK(flow.remote == local_endpoint(peer.fd.get()));
        t.transports.send({flow, "answer"});
        Endpoint from;
        CHECK(peer.receive(&from) == "answer");
        CHECK(from == ours);
    }
}

TEST_CASE("datagrams that have waited for us are counted, and those that have not are not") {
    Transports t({udp("127.0.0.1:0")});
    UdpPeer peer;
    const auto lately_read = [&](Duration busy) {
        const auto before = t.transports.udp_counters();
        const std::size_t received = t.received.size();
        peer.send("hello", t.bound[0].endpoint);
        std::this_thread::sleep_for(busy);
        REQUIRE(t.wait_for(received + 1));
        const auto after = t.transports.udp_counters();
        CHECK(after.reads == before.reads + 1);
        return after.late_reads - before.late_reads;
    };
    CHECK(lately_read(SipUdpSocket::late + std::chrono::milliseconds(20)) == 1);
    // The machine may be busy itself, but not each time.
    int in_time = 0;
    for (int n = 0; n < 20; ++n) in_time += lately_read(Duration{}) == 0 ? 1 : 0;
    CHECK(in_time > 0);
}

TEST_CASE("UDP takes and gives 64 kB, on IPv4 and IPv6") {
    for (const char* address : {"127.0.0.1:0", "[::1]:0"}) {
        Transports t({udp(address)});
        UdpPeer peer(address);
        const std::string large(65'000, 'x');
        peer.send(large, t.bound[0].endpoint);
        REQUIRE(t.wait_for(1));
        CHECK(t.received[0] == large);
        t.transports.send({t.flows[0], large});
        CHECK(peer.receive() == large);
    }
}

TEST_CASE("a peer on the same link is answered and called at his link-local address") {
    const auto ours = link_local_addresses();
    if (ours.empty()) return;  // a host without IPv6 on any link
    const std::string host = ours.front().address.to_host();
    Transports t({udp("[::]:0"), tcp("[::]:0")});
    UdpPeer peer((host + ":0").c_str());
    const Endpoint to{ours.front().address, t.bound[0].endpoint.port};
    const SocketAddress address = zoned(to);
    REQUIRE(sendto(peer.fd.get(), "hello", 5, 0, address.get(), address.size()) == 5);
    REQUIRE(t.wait_for(1));
    CHECK(t.flows[0].local == to);
    t.transports.send({t.flows[0], "answer"});
    std::string got;
    CHECK(t.run_until([&] { return (got = peer.receive()) == "answer"; }));

    auto listener = open_socket(SOCK_STREAM, {ours.front().address, 0});
    REQUIRE(listener.ok());
    REQUIRE(listen(listener->get(), 5) == 0);
    sip::Flow flow = t.flows[0];
    flow.transport = sip::Transport::tcp;
    flow.remote = *local_endpoint(listener->get());
    t.transports.send({flow, options()});
    CHECK(t.run_until([&] { return FileDescriptor(accept(listener->get(), nullptr, nullptr)).get() >= 0; }));
    LocalAddresses routes(t.clock);
    CHECK(routes.towards(ours.front().address) == ours.front().address);
}

TEST_CASE("a peer outside sip.local_net is told the external address") {
    Transports t({udp("127.0.0.1:0"), tcp("127.0.0.1:0")}, nobody_is_local());
    UdpPeer peer;
    peer.send("x", t.bound[0].endpoint);
    REQUIRE(t.wait_for(1));
    CHECK(t.flows[0].advertised.to_string() == "203.0.113.9:5080");
    CHECK(t.flows[0].local == t.bound[0].endpoint);
    TcpPeer stream(t.bound[1].endpoint);
    CHECK(stream.send(options()));
    REQUIRE(t.wait_for(2));
    CHECK(t.flows[1].advertised.to_string() == "203.0.113.9:5080");
}

TEST_CASE("a datagram the network refuses is reported later") {
    Transports t({udp("127.0.0.1:0")});
    sip::Flow flow;
    flow.local = t.bound[0].endpoint;
    flow.remote = *Endpoint::parse("127.0.0.1:9");
    t.transports.send({flow, std::string(70'000, 'x')});
    CHECK(t.failed.empty());
    CHECK(t.run_until([&] { return t.failed.size() == 1; }));
}

TEST_CASE("a listener that cannot be had is one clear line") {
    SystemClock clock;
    EventLoop loop;
    NoLog log;
    const AdvertisedAddresses advertised{Config()};
    Transports holder({udp("127.0.0.1:0"), tcp("127.0.0.1:0")});
    const auto try_listen = [&](ListenAddress address) {
        const Config::Sip settings = listen_on({address});
        SipTransports transports(loop, clock, log, log, advertised, settings, {});
        auto result = transports.listen();
        return result.ok() ? std::string("listens") : result.error().message;
    };
    const std::string in_use =
        ": already in use by another program; stop that program (ss -lptun shows it) or choose another port";
    const std::string used_udp = holder.bound[0].endpoint.to_string();
    const std::string used_tcp = holder.bound[1].endpoint.to_string();
    CHECK(try_listen(udp(used_udp.c_str())) == "sip.listen: udp://" + used_udp + in_use);
    CHECK(try_listen(tcp(used_tcp.c_str())) == "sip.listen: tcp://" + used_tcp + in_use);
    CHECK(try_listen(udp("203.0.113.1:5060")) ==
          "sip.listen: udp://203.0.113.1:5060: not an address of this host; behind NAT listen on 0.0.0.0 and "
          "set "
          "sip.external_address");
}

TEST_CASE("messages on a TCP connection come one by one however they are cut, and answers go back over it") {
    Transports t({tcp("127.0.0.1:0")});
    TcpPeer peer(t.bound[0].endpoint);
    const std::string two = options("1") + options("2", "body");
    CHECK(peer.send(two.substr(0, 100)));
    CHECK(t.run_until([&] { return t.transports.tcp().connections() == 1; }));
    CHECK(peer.send(two.substr(100)));
    REQUIRE(t.wait_for(2));
    CHECK(t.received == std::vector<std::string>{"ok", "ok"});
    CHECK(t.flows[0].transport == sip::Transport::tcp);
    CHECK(t.flows[0].connection == t.flows[1].connection);
    CHECK(t.flows[0].local == t.bound[0].endpoint);
    t.transports.send({t.flows[0], "answer"});
    std::string got;
    CHECK(t.run_until([&] { return (got += peer.receive()) == "answer"; }));
}

TEST_CASE("a keep-alive ping is answered") {
    Transports t({tcp("127.0.0.1:0")});
    TcpPeer peer(t.bound[0].endpoint);
    CHECK(peer.send("\r\n\r\n"));
    std::string got;
    CHECK(t.run_until([&] { return (got += peer.receive()) == "\r\n"; }));
}

TEST_CASE("when the connection is gone a message opens a new one to the peer, over which he may answer") {
    Transports a({tcp("127.0.0.1:0")});
    Transports b({tcp("127.0.0.1:0")});
    sip::Flow flow;
    flow.transport = sip::Transport::tcp;
    flow.local = a.bound[0].endpoint;
    flow.remote = b.bound[0].endpoint;
    flow.advertised = flow.local;
    flow.connection = sip::ConnectionId{999};
    a.transports.send({flow, options("1")});
    a.transports.send({flow, options("2")});
    CHECK(a.transports.tcp().connections() == 1);
    CHECK(a.run_until([&] { return a.transports.tcp().counters().opened == 1; }));
    REQUIRE(b.wait_for(1));
    CHECK(b.run_until([&] { return b.received.size() == 2; }));
    b.transports.send({b.flows[0], options("3")});
    REQUIRE(a.wait_for(1));
    CHECK(a.flows[0].advertised == a.bound[0].endpoint);
}

TEST_CASE("a connection nobody accepts is reported") {
    Transports t({tcp("127.0.0.1:0")});
    sip::Flow flow;
    flow.transport = sip::Transport::tcp;
    flow.local = t.bound[0].endpoint;
    flow.remote = *Endpoint::parse("127.0.0.1:9");
    t.transports.send({flow, options()});
    CHECK(t.failed.empty());
    CHECK(t.run_until([&] { return t.failed.size() == 1; }));
    CHECK(t.transports.tcp().connections() == 0);
}

TEST_CASE("when the connection opened in place of a former one fails, the former one's users are told too") {
    Transports t({tcp("127.0.0.1:0")});
    sip::Flow flow;
    flow.transport = sip::Transport::tcp;
    flow.local = t.bound[0].endpoint;
    flow.remote = *Endpoint::parse("127.0.0.1:9");
    flow.connection = sip::ConnectionId{999};
    t.transports.send({flow, options("1")});
    t.transports.send({flow, options("2")});
    CHECK(t.run_until([&] { return t.failed.size() == 2; }));
    CHECK(t.failed[0].connection != t.failed[1].connection);
    CHECK(t.failed[1].connection == flow.connection);
}

TEST_CASE("a stream whose messages cannot be told apart is closed") {
    Transports t({tcp("127.0.0.1:0")});
    TcpPeer peer(t.bound[0].endpoint);
    std::string broken = options();
    broken.replace(broken.find("Content-Length: 0"), 17, "Content-Length: x");
    CHECK(peer.send(broken));
    CHECK(t.run_until([&] { return peer.closed(); }));
    CHECK(t.transports.tcp().connections() == 0);
}

TEST_CASE("host addresses include loopback, which routes to itself") {
    SystemClock clock;
    LocalAddresses routes(clock);
    CHECK(routes.towards(loopback) == loopback);
    const auto addresses = host_addresses();
    CHECK(std::find(addresses.begin(), addresses.end(), loopback) != addresses.end());
}

TEST_CASE("what should go over TLS does not leave in the clear, and fails where there is none") {
    Transports t({tcp("127.0.0.1:0")});
    auto listener = open_socket(SOCK_STREAM, {loopback, 0});
    REQUIRE(listener.ok());
    REQUIRE(listen(listener->get(), 5) == 0);
    sip::Flow flow;
    flow.transport = sip::Transport::tls;
    flow.remote = *local_endpoint(listener->get());
    t.transports.send({flow, options()});
    FileDescriptor peer;
    std::string got;
    REQUIRE(t.run_until([&] {
        if (!peer) peer = FileDescriptor(accept4(listener->get(), nullptr, nullptr, SOCK_NONBLOCK));
        char buffer[4096];
        const ssize_t n = peer ? recv(peer.get(), buffer, sizeof buffer, 0) : ssize_t{-1};
        if (n > 0) got.append(buffer, static_cast<std::size_t>(n));
        return !got.empty();
    }));
    CHECK(got[0] == 0x16);  // a handshake record
    CHECK(got.find("OPTIONS") == std::string::npos);
    CHECK(::send(peer.get(), "SIP/2.0 200 OK\r\n\r\n", 18, MSG_NOSIGNAL) > 0);
    CHECK(t.run_until([&] { return t.failed.size() == 1; }));
    CHECK(t.transports.tcp().connections() == 0);
}

TEST_CASE("the report of what was refused names what occurred and nothing else") {
    Transports t({udp("127.0.0.1:0")});
    SeededRandom random(1);
    sip::UserAgent agent({}, random);
    CHECK(refused_record(refusals(agent, t.transports)).fields.empty());
    agent.receive("hello\r\n\r\n", sip::Flow{}, TimePoint{});
    CHECK(refused_record(refusals(agent, t.transports)).fields ==
          decltype(LogRecord::fields){{"start_line", "1"}});
}

TEST_CASE("a message that has another way waits no longer for its connection than it says") {
    // A full queue of a listener swallows further SYNs, as a firewall does.
    auto full = open_socket(SOCK_STREAM, {loopback, 0});
    REQUIRE(full.ok());
    REQUIRE(listen(full->get(), 0) == 0);
    const Endpoint there = *local_endpoint(full->get());
    const TcpPeer first(there), second(there);

    Transports t({udp("127.0.0.1:0")});
    sip::Flow flow;
    flow.transport = sip::Transport::tcp;
    flow.local = flow.advertised = t.bound[0].endpoint;
    flow.remote = there;
    const TimePoint from = t.clock.now();
    t.transports.send({flow, options(), 200ms});
    REQUIRE(t.run_until([&] { return !t.failed.empty(); }));
    CHECK(t.clock.now() - from < 2s);
    CHECK(t.failed[0].remote == there);
}

TEST_CASE("a STUN keep-alive is answered at the SIP port and goes no further (RFC 5626 4.4.2)") {
    Transports t({udp("127.0.0.1:0")});
    UdpPeer peer;
    const std::string request("\x00\x01\x00\x00\x21\x12\xa4\x42transaction1", 20);
    peer.send(request, t.bound[0].endpoint);
    std::string answer;
    REQUIRE(t.run_until([&] { return !(answer = peer.receive()).empty(); }));
    CHECK(answer.starts_with(std::string("\x01\x01\x00\x0c", 4) + request.substr(4)));
    CHECK(t.received.empty());
}

TEST_CASE("whom the lists or a ban keep out hears nothing by STUN either") {
    Transports t({udp("127.0.0.1:0")});
    UdpPeer peer;
    const std::string request("\x00\x01\x00\x00\x21\x12\xa4\x42transaction1", 20);
    t.hears = false;
    peer.send(request, t.bound[0].endpoint);
    peer.send("x", t.bound[0].endpoint);
    REQUIRE(t.wait_for(1));  // it has been read
    CHECK(peer.receive().empty());
    t.hears = true;
    peer.send(request, t.bound[0].endpoint);
    CHECK(t.run_until([&] { return !peer.receive().empty(); }));
}
