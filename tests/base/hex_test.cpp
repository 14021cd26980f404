#include "base/hex.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace rotunda;

TEST_CASE("octets and numbers in hexadecimal, with every zero") {
    CHECK(to_hex({}).empty());
    CHECK(to_hex(std::array<std::uint8_t, 4>{0x00, 0x0f, 0xa9, 0xff}) == "000fa9ff");
    std::string text = "x";
    append_hex(text, 0x0123456789abcdef);
    append_hex(text, 0);
    CHECK(text == "x0123456789abcdef0000000000000000");
}
