// Datagrams that go from one thread to another.
#include "media/packet_ring.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

using namespace rotunda;
using namespace rotunda::media;

namespace {

std::vector<std::uint8_t> datagram(std::size_t size, std::uint8_t first) {
    std::vector<std::uint8_t> out(size);
    std::iota(out.begin(), out.end(), first);
    return out;
}

}  // namespace

TEST_CASE("what is written comes out once, in order, with its source and its arrival") {
    const auto ring = std::make_unique<PacketRing>();
    std::array<std::uint8_t, 2048> buffer;
    CHECK_FALSE(ring->pop(buffer));
    const Endpoint source = *Endpoint::parse("192.0.2.9:4000");
    const TimePoint arrival{std::chrono::seconds(5)};
    CHECK(ring->push(datagram(1200, 1), {1200, source, arrival}));
    CHECK(ring->push(datagram(20, 7), {20, source, arrival + std::chrono::milliseconds(1)}));
    const auto first = ring->pop(buffer);
    REQUIRE(first);
    CHECK(first->size == 1200);
    CHECK(first->source == source);
    CHECK(first->arrival == arrival);
    CHECK(std::equal(buffer.begin(), buffer.begin() + 1200, datagram(1200, 1).begin()));
    const auto second = ring->pop(MutableBytes(buffer).first(8));
    REQUIRE(second);
    CHECK(second->size == 8);
    CHECK(buffer[0] == 7);
    CHECK_FALSE(ring->pop(buffer));
}

TEST_CASE("a full ring and what is too long are refused, and nothing written before is lost") {
    const auto ring = std::make_unique<PacketRing>();
    CHECK_FALSE(ring->push(datagram(PacketRing::largest + 1, 0), {}));
    for (std::size_t n = 0; n < PacketRing::slots; ++n)
        CHECK(ring->push(datagram(4, static_cast<std::uint8_t>(n)), {}));
    CHECK_FALSE(ring->push(datagram(4, 0), {}));
    std::array<std::uint8_t, 16> buffer;
    for (std::size_t n = 0; n < PacketRing::slots; ++n) {
        REQUIRE(ring->pop(buffer));
        CHECK(buffer[0] == static_cast<std::uint8_t>(n));
    }
    CHECK_FALSE(ring->pop(buffer));
}

TEST_CASE("a writer and a reader on two threads see whole datagrams in order") {
    const auto ring = std::make_unique<PacketRing>();
    constexpr int total = 20000;
    std::thread writer([&] {
        for (int n = 0; n < total;) {
            const auto octets =
                datagram(static_cast<std::size_t>(100 + n % 50), static_cast<std::uint8_t>(n));
            if (ring->push(octets, {}))
                ++n;
            else
                std::this_thread::yield();
        }
    });
    std::array<std::uint8_t, 2048> buffer;
    int wrong = 0;
    for (int n = 0; n < total;) {
        const auto received = ring->pop(buffer);
        if (!received) {
            std::this_thread::yield();
            continue;
        }
        const auto octets = datagram(static_cast<std::size_t>(100 + n % 50), static_cast<std::uint8_t>(n));
        wrong += received->size != octets.size() || !std::equal(octets.begin(), octets.end(), buffer.begin());
        ++n;
    }
    writer.join();
    CHECK(wrong == 0);
}
