#include "base/hex.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

using namespace rotunda;

TEST_CASE("a digit of either case has its value, and nothing else has one") {
    std::string values;
    for (const char digit : std::string_view("09afAF")) values += std::to_string(hex_value(digit)) + " ";
    CHECK(values == "0 9 10 15 10 15 ");
    for (const char other : std::string_view("/:@G`g -")) CHECK(hex_value(other) == -1);
}

TEST_CASE("octets and numbers in hexadecimal, with every zero") {
    CHECK(to_hex({}).empty());
    CHECK(to_hex(std::array<std::uint8_t, 4>{0x00, 0x0f, 0xa9, 0xff}) == "000fa9ff");
    std::string text = "x";
    append_hex(text, 0x0123456789abcdef);
    append_hex(text, 0);
    CHECK(text == "x0123456789abcdef0000000000000000");
}
