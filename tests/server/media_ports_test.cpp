#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "server/media_port_pool.hpp"
#include "server/socket.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

const IpAddress loopback = IpAddress::v4(0x7f000001);

bool is_free(std::uint16_t number) {
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(number);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return bound;
}

// The n-th of 140 neighbouring ports that nobody had when the tests began; below those the system gives away
// itself.
std::uint16_t port(int n) {
    static const int first = [] {
        for (int base = 20000 + getpid() % 50 * 200; base < 32000; base += 200) {
            int size = 0;
            while (size < 140 && is_free(static_cast<std::uint16_t>(base + size))) ++size;
            if (size == 140) return base;
        }
        return 20000;
    }();
    return static_cast<std::uint16_t>(first + n);
}

struct Pool {
    explicit Pool(PortRange range, const Config& settings = {}) : advertised(settings) {
        Config::Media media = settings.media;
        media.ports = range;
        pool = std::make_unique<UdpPortPool>(media, clock, routes, advertised, random);
    }
    SystemClock clock;
    LocalAddresses routes{clock};
    AdvertisedAddresses advertised;
    SeededRandom random{7};
    std::unique_ptr<UdpPortPool> pool;
};

Endpoint at(const media::MediaPorts& ports) {
    return {loopback, ports.rtp_port};
}

const std::uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};

// Loopback delivers within the system call that sends; the loop is for slow machines only.
std::optional<media::ReceivedDatagram> receive(media::MediaTransport& transport, MutableBytes buffer) {
    for (int i = 0; i < 1000; ++i) {
        if (auto got = transport.receive(buffer)) return got;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("pairs are even and odd, distinct, within the range, and run out with a reason") {
    Pool pool({port(1), port(10)});
    CHECK(pool.pool->free() == 4);
    std::vector<media::MediaPorts> taken;
    std::set<std::uint16_t> numbers;
    for (int i = 0; i < 4; ++i) {
        auto ports = pool.pool->reserve(loopback);
        REQUIRE(ports.ok());
        CHECK(ports->rtp_port % 2 == 0);
        CHECK(ports->rtp_port >= port(2));
        CHECK(ports->rtp_port <= port(8));
        CHECK(ports->advertised == loopback);
        CHECK(numbers.insert(ports->rtp_port).second);
        taken.push_back(std::move(*ports));
    }
    auto none = pool.pool->reserve(loopback);
    REQUIRE_FALSE(none.ok());
    CHECK(none.error().message == "no free port in media.ports");
    taken.clear();
    CHECK(pool.pool->free() == 4);
    CHECK(pool.pool->reserve(loopback).ok());
}

TEST_CASE("a pair goes back when both its sockets are gone, and is used last") {
    Pool pool({port(20), port(29)});
    auto first = pool.pool->reserve(loopback);
    REQUIRE(first.ok());
    const std::uint16_t number = first->rtp_port;
    first->rtp.reset();
    CHECK(pool.pool->free() == 4);
    first->rtcp.reset();
    CHECK(pool.pool->free() == 5);
    std::vector<media::MediaPorts> next;
    for (int i = 0; i < 4; ++i) next.push_back(*pool.pool->reserve(loopback));
    for (const auto& ports : next) CHECK(ports.rtp_port != number);
    CHECK(pool.pool->reserve(loopback)->rtp_port == number);
}

TEST_CASE("ports come back from other threads") {
    Pool pool({port(30), port(39)});
    auto ports = pool.pool->reserve(loopback);
    std::thread([taken = std::move(*ports)]() mutable { taken = {}; }).join();
    CHECK(pool.pool->free() == 5);
}

TEST_CASE("a pair another program holds is passed over") {
    Pool one({port(40), port(43)});
    Pool other({port(40), port(43)});
    auto held = one.pool->reserve(loopback);
    REQUIRE(held.ok());
    auto first = other.pool->reserve(loopback);
    REQUIRE(first.ok());
    CHECK(first->rtp_port != held->rtp_port);
    CHECK_FALSE(other.pool->reserve(loopback).ok());
    CHECK(other.pool->free() == 1);
}

TEST_CASE("peers outside sip.local_net are told the external address") {
    Config settings;
    settings.media.external_address = IpAddress::parse("203.0.113.7");
    Pool pool({port(50), port(53)}, settings);
    CHECK(pool.pool->reserve(loopback)->advertised == loopback);
    settings.sip.local_net.clear();
    Pool outside({port(54), port(57)}, settings);
    CHECK(outside.pool->reserve(loopback)->advertised.to_string() == "203.0.113.7");
}

TEST_CASE("without descriptors the reservation says so and loses no port") {
    Pool pool({port(60), port(63)});
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    (void)pool.routes.towards(loopback);
    auto ports = pool.pool->reserve(loopback);
    setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE_FALSE(ports.ok());
    CHECK(pool.pool->free() == 2);
}

TEST_CASE("datagrams arrive with their source and a time stamp on the monotonic scale") {
    Pool pool({port(70), port(79)});
    auto a = *pool.pool->reserve(loopback);
    auto b = *pool.pool->reserve(loopback);
    std::uint8_t buffer[100];
    TimePoint last = pool.clock.now();
    CHECK_FALSE(b.rtp->receive(buffer));
    for (int i = 0; i < 20; ++i) {
        const TimePoint sent = pool.clock.now();
        REQUIRE(a.rtp->send(hello, at(b)));
        auto got = receive(*b.rtp, buffer);
        REQUIRE(got);
        CHECK(got->size == sizeof hello);
        CHECK(got->source == at(a));
        CHECK(got->arrival >= last);
        // The scales are measured to some microseconds of one another.
        CHECK(got->arrival >= sent - std::chrono::milliseconds(1));
        CHECK(got->arrival <= pool.clock.now() + std::chrono::milliseconds(1));
        last = got->arrival;
    }
}

TEST_CASE("a datagram that waits unread keeps the time it came") {
    Pool pool({port(80), port(89)});
    auto a = *pool.pool->reserve(loopback);
    auto b = *pool.pool->reserve(loopback);
    const TimePoint sent = pool.clock.now();
    REQUIRE(a.rtp->send(hello, at(b)));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    std::uint8_t buffer[100];
    auto got = receive(*b.rtp, buffer);
    REQUIRE(got);
    CHECK(got->arrival - sent < std::chrono::milliseconds(150));
}

TEST_CASE("a longer datagram is cut off at the buffer") {
    Pool pool({port(90), port(99)});
    auto a = *pool.pool->reserve(loopback);
    auto b = *pool.pool->reserve(loopback);
    REQUIRE(a.rtp->send(hello, at(b)));
    std::uint8_t small[3];
    auto got = receive(*b.rtp, small);
    REQUIRE(got);
    CHECK(got->size == 3);
}

TEST_CASE("locked to a peer only his datagrams arrive; unlocked, everybody's") {
    Pool pool({port(100), port(109)});
    auto us = *pool.pool->reserve(loopback);
    auto peer = *pool.pool->reserve(loopback);
    auto stranger = *pool.pool->reserve(loopback);
    std::uint8_t buffer[100];
    us.rtp->lock_to(at(peer));
    stranger.rtp->send(hello, at(us));
    peer.rtp->send(hello, at(us));
    auto got = receive(*us.rtp, buffer);
    REQUIRE(got);
    CHECK(got->source == at(peer));
    CHECK_FALSE(us.rtp->receive(buffer));
    CHECK(us.rtp->send(hello, at(peer)));
    CHECK(receive(*peer.rtp, buffer)->source == at(us));

    us.rtp->lock_to(std::nullopt);
    stranger.rtp->lock_to(std::nullopt);
    stranger.rtp->send(hello, at(us));
    got = receive(*us.rtp, buffer);
    REQUIRE(got);
    CHECK(got->source == at(stranger));
}

TEST_CASE("what a stranger sent before the socket was locked is still known for his") {
    Pool pool({port(130), port(139)});
    auto us = *pool.pool->reserve(loopback);
    auto peer = *pool.pool->reserve(loopback);
    auto stranger = *pool.pool->reserve(loopback);
    for (int i = 0; i < 3; ++i) stranger.rtp->send(hello, at(us));
    us.rtp->lock_to(at(peer));
    for (int i = 0; i < 3; ++i) peer.rtp->send(hello, at(us));
    std::uint8_t buffer[100];
    for (int i = 0; i < 6; ++i) {
        const auto got = receive(*us.rtp, buffer);
        REQUIRE(got);
        CHECK(got->source == at(i < 3 ? stranger : peer));
    }
}

TEST_CASE("a peer whose port is closed disturbs neither sending nor receiving") {
    Pool pool({port(110), port(119)});
    auto us = *pool.pool->reserve(loopback);
    auto peer = *pool.pool->reserve(loopback);
    const Endpoint gone = at(peer);
    us.rtp->lock_to(gone);
    peer.rtp.reset();
    for (int i = 0; i < 5; ++i) CHECK(us.rtp->send(hello, gone));
    std::uint8_t buffer[100];
    CHECK_FALSE(us.rtp->receive(buffer));
}

TEST_CASE("media runs on IPv6 as on IPv4") {
    const IpAddress v6 = *IpAddress::parse("::1");
    Pool pool({port(120), port(129)});
    auto a = pool.pool->reserve(v6);
    if (!a.ok()) return;  // no IPv6 here
    auto b = *pool.pool->reserve(v6);
    a->rtp->lock_to(Endpoint{v6, b.rtp_port});
    CHECK(a->rtp->send(hello, {v6, b.rtp_port}));
    std::uint8_t buffer[100];
    auto got = receive(*b.rtp, buffer);
    REQUIRE(got);
    CHECK(got->source == Endpoint{v6, a->rtp_port});
}

TEST_CASE("a large keyframe that nobody reads for a while is there as a whole") {
    Pool pool({port(120), port(123)});
    const auto video = *pool.pool->reserve(loopback, media::MediaTraffic::video);
    const FileDescriptor camera = *open_socket(SOCK_DGRAM, {loopback, 0});
    const SocketAddress to(at(video));
    const std::array<char, 1200> packet{};
    for (int n = 0; n < 400; ++n)
        CHECK(sendto(camera.get(), packet.data(), packet.size(), 0, to.get(), to.size()) == 1200);
    int heard = 0;
    for (std::array<std::uint8_t, 1500> buffer{}; video.rtp->receive(buffer);) ++heard;
    CHECK(heard == 400);
}
