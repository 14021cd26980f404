#include "signaling/bounded_table.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <functional>
#include <string>

using namespace rotunda;
using namespace rotunda::sip;

namespace {

// Two texts that meet in the library's hash, whose seed everybody knows: murmur's mixing of eight octets can
// be undone, so for any first eight there are second eight that lead to the same state. Found by undoing, not
// by trying.
struct Murmur {
    static constexpr std::uint64_t mul = 0xc6a4a7935bd1e995u, seed = 0xc70f6907u;

    static std::uint64_t mix(std::uint64_t word) {
        word *= mul;
        word ^= word >> 47;
        return word * mul;
    }
    static std::uint64_t unmix(std::uint64_t mixed) {
        mixed *= inverse();
        mixed ^= mixed >> 47;
        return mixed * inverse();
    }
    static std::uint64_t inverse() {  // of an odd number modulo 2^64, by Newton
        std::uint64_t x = mul;
        for (int i = 0; i < 6; ++i) x *= 2 - mul * x;
        return x;
    }
};

std::string meets(const std::string& sixteen, std::uint64_t other_first) {
    std::uint64_t first = 0, second = 0;
    std::memcpy(&first, sixteen.data(), 8);
    std::memcpy(&second, sixteen.data() + 8, 8);
    const std::uint64_t begin = Murmur::seed ^ (16 * Murmur::mul);
    const std::uint64_t theirs = (begin ^ Murmur::mix(first)) * Murmur::mul;
    const std::uint64_t ours = (begin ^ Murmur::mix(other_first)) * Murmur::mul;
    const std::uint64_t other_second = Murmur::unmix(theirs ^ Murmur::mix(second) ^ ours);
    std::string out(16, '\0');
    std::memcpy(out.data(), &other_first, 8);
    std::memcpy(out.data() + 8, &other_second, 8);
    return out;
}

}  // namespace

TEST_CASE("keys made to meet in the library's hash do not meet in the table's") {
    SeededRandom random(1);
    const TableHash hash{KeyedHash(random)};
    const std::string one = "0123456789abcdef", other = meets(one, 42);
    REQUIRE(one != other);
    REQUIRE(std::hash<std::string>{}(one) == std::hash<std::string>{}(other));
    CHECK(hash(one) != hash(other));

    std::array<std::uint8_t, 16> a{}, b{};
    std::memcpy(a.data(), one.data(), a.size());
    std::memcpy(b.data(), other.data(), b.size());
    const IpAddress first = IpAddress::v6(a), second = IpAddress::v6(b);
    REQUIRE(std::hash<IpAddress>{}(first) == std::hash<IpAddress>{}(second));
    CHECK(hash(first) != hash(second));
    CHECK(hash(Endpoint{first, 5060}) != hash(Endpoint{second, 5060}));
    CHECK(hash(Endpoint{first, 5060}) != hash(Endpoint{first, 5061}));
}

TEST_CASE("a full table forgets who was not asked for longest") {
    BoundedTable<std::string, int> table(2, KeyedHash(1, 2));
    table["a"] = 1;
    table["b"] = 2;
    REQUIRE(table.find("a"));
    table["c"] = 3;
    CHECK(table.size() == 2);
    CHECK(!table.find("b"));
    CHECK(*table.find("a") == 1);
    table.erase("a");
    CHECK(!table.find("a"));
    CHECK(table.size() == 1);
}
