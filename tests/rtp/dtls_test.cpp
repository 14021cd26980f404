// DTLS-SRTP handshakes between two of ours over a network that loses, and what strangers can do to one.
#include <doctest/doctest.h>

#include <functional>
#include <thread>

#include "rtp/dtls_session.hpp"
#include "rtp/srtp_session.hpp"
#include "tests/rtp/srtp_support.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 1000s;
const Endpoint client_address = *Endpoint::parse("192.0.2.10:4000");
const Endpoint server_address = *Endpoint::parse("192.0.2.1:20000");

std::unique_ptr<DtlsIdentity> identity(std::uint64_t seed) {
    SeededRandom random(seed);
    auto out = DtlsIdentity::make(random);
    REQUIRE(out);
    return out;
}

struct Handshake {
    std::unique_ptr<DtlsIdentity> client_identity = identity(1);
    std::unique_ptr<DtlsIdentity> server_identity = identity(2);
    std::unique_ptr<DtlsSession> client;
    std::unique_ptr<DtlsSession> server;
    TimePoint now = start;
    std::size_t client_sent = 0, server_sent = 0;
    // Datagram n of a direction gets lost.
    std::function<bool(bool from_client, std::size_t n)> lost = [](bool, std::size_t) { return false; };
    Endpoint client_source = client_address;

    Handshake(const DtlsFingerprint* expected_client = nullptr) {
        DtlsSession::Config config;
        config.first_timeout = 20ms;
        config.role = DtlsRole::active;
        config.peer = server_identity->fingerprint();
        client = DtlsSession::make(*client_identity, config, now);
        config.role = DtlsRole::passive;
        config.peer = expected_client ? *expected_client : client_identity->fingerprint();
        server = DtlsSession::make(*server_identity, config, now);
        REQUIRE(client);
        REQUIRE(server);
    }
    bool pass() {
        bool any = false;
        for (const auto& datagram : client->take_datagrams())
            if (any = true; !lost(true, client_sent++)) server->handle(datagram, client_source, now);
        for (const auto& datagram : server->take_datagrams())
            if (any = true; !lost(false, server_sent++)) client->handle(datagram, server_address, now);
        return any;
    }
    bool done() const {
        return client->state() != DtlsState::handshaking && server->state() != DtlsState::handshaking;
    }
    void run() {
        client->start(now);
        for (int turns = 0; turns < 2000 && !done(); ++turns) {
            if (pass()) continue;
            // OpenSSL's clock does not follow ours, so here ours follows its own.
            std::this_thread::sleep_for(2ms);
            now += 2ms;
            for (DtlsSession* side : {client.get(), server.get()})
                if (side->next_timeout() && *side->next_timeout() <= now) side->on_timeout(now);
        }
    }
};

}  // namespace

TEST_CASE("a DTLS handshake ends in SRTP keys that fit") {
    Handshake handshake;
    handshake.run();
    REQUIRE(handshake.client->state() == DtlsState::established);
    REQUIRE(handshake.server->state() == DtlsState::established);
    const auto& ours = handshake.server->keys();
    const auto& theirs = handshake.client->keys();
    REQUIRE(ours);
    CHECK(ours->send == theirs->receive);
    CHECK(ours->receive == theirs->send);
    CHECK(ours->send.key()[0] != 0);
    CHECK(!(ours->send == ours->receive));
    CHECK(ours->send.suite == SrtpSuite::aead_aes_128_gcm);
    auto we = SrtpSession::make(*ours);
    auto they = SrtpSession::make(*theirs);
    auto packet = rtp::test::rtp_packet(1, 7);
    const std::size_t size = packet.size();
    packet.resize(size + max_srtp_overhead);
    packet.resize(they->protect_rtp(packet, size));
    CHECK(we->unprotect_rtp(packet).verdict == SrtpVerdict::opened);
    CHECK(!handshake.client->next_timeout());
}

TEST_CASE("whatever datagram is lost, the handshake ends, the last one included") {
    Handshake whole;
    whole.run();
    REQUIRE(whole.server_sent >= 3);
    for (bool from_client : {true, false})
        for (std::size_t n = 0; n < (from_client ? whole.client_sent : whole.server_sent); ++n) {
            CAPTURE(from_client);
            CAPTURE(n);
            Handshake handshake;
            handshake.lost = [&](bool client, std::size_t i) { return client == from_client && i == n; };
            handshake.run();
            CHECK(handshake.client->state() == DtlsState::established);
            CHECK(handshake.server->state() == DtlsState::established);
        }
}

TEST_CASE("a peer with another certificate than the description's gets no keys") {
    const auto somebody = identity(3);
    Handshake handshake(&somebody->fingerprint());
    handshake.run();
    CHECK(handshake.server->state() == DtlsState::failed);
    CHECK(!handshake.server->keys());
}

TEST_CASE("an address that has not answered is sent less than three times what it sent") {
    Handshake handshake;
    handshake.client->start(handshake.now);
    std::size_t received = 0, sent = 0;
    const auto hello = handshake.client->take_datagrams();
    REQUIRE(hello.size() == 1);
    for (int n = 0; n < 20; ++n) {
        handshake.server->handle(hello[0], {client_address.address, static_cast<std::uint16_t>(5000 + n)},
                                 handshake.now);
        received += hello[0].size();
    }
    for (int n = 0; n < 100; ++n) {
        handshake.now += 100ms;
        if (const auto due = handshake.server->next_timeout(); due && *due <= handshake.now)
            handshake.server->on_timeout(handshake.now);
    }
    for (const auto& datagram : handshake.server->take_datagrams()) sent += datagram.size();
    CHECK(sent > 0);
    CHECK(sent < received);
}

TEST_CASE("a cookie is good for its own address only") {
    Handshake handshake;
    handshake.client->start(handshake.now);
    handshake.server->handle(handshake.client->take_datagrams().at(0), client_address, handshake.now);
    handshake.client->handle(handshake.server->take_datagrams().at(0), server_address, handshake.now);
    const auto with_cookie = handshake.client->take_datagrams().at(0);
    handshake.server->handle(with_cookie, *Endpoint::parse("198.51.100.1:4000"), handshake.now);
    std::size_t sent = 0;
    for (const auto& datagram : handshake.server->take_datagrams()) sent += datagram.size();
    CHECK(sent < with_cookie.size());
    handshake.server->handle(with_cookie, client_address, handshake.now);
}

TEST_CASE("junk does not disturb a handshake, before and after") {
    Handshake handshake;
    SeededRandom random(5);
    const auto junk = [&] {
        for (int n = 0; n < 50; ++n) {
            std::vector<std::uint8_t> datagram(1 + random.u32() % 300);
            for (auto& octet : datagram) octet = static_cast<std::uint8_t>(random.next());
            datagram[0] = static_cast<std::uint8_t>(20 + random.u32() % 44);
            if (datagram.size() > 3 && n % 2) datagram[1] = 0xfe, datagram[2] = 0xfd;
            if (datagram[0] == 21) continue;  // an alert in the clear ends an OpenSSL handshake
            handshake.server->handle(datagram, client_address, handshake.now);
        }
    };
    junk();
    handshake.run();
    CHECK(handshake.server->state() == DtlsState::established);
    junk();
    CHECK(handshake.server->state() == DtlsState::established);
}

TEST_CASE("nobody there: it gives up") {
    Handshake handshake;
    handshake.lost = [](bool, std::size_t) { return true; };
    handshake.now += 31s;
    handshake.server->on_timeout(handshake.now);
    CHECK(handshake.server->state() == DtlsState::failed);
    CHECK(!handshake.server->next_timeout());
}
