#include "server/pattern.hpp"

#include <doctest/doctest.h>

using rotunda::server::Pattern;

namespace {

bool matches(const std::string& pattern, std::string_view text) {
    auto compiled = Pattern::compile(pattern);
    REQUIRE_MESSAGE(compiled.ok(), pattern);
    return compiled->matches(text);
}

}  // namespace

TEST_CASE("a pattern matches the whole text or nothing") {
    CHECK(matches("[0-9]+", "1000"));
    CHECK_FALSE(matches("[0-9]+", "1000a"));
    CHECK_FALSE(matches("[0-9]+", "a1000"));
    CHECK_FALSE(matches("[0-9]+", ""));
    CHECK_FALSE(matches("[0-9]+", std::string_view("1\0", 2)));
    CHECK(matches("room-(red|green|blue)", "room-green"));
    CHECK(matches(".", "\xff"));
}

TEST_CASE("a bad pattern, and one that unfolds without bound, is refused with a reason") {
    for (const char* bad :
         {"(", ")", "[", "[z-a]", "*a", "a{3,1}", "a{9999}", "\\", "(a)\\1", "((a{100}){100}){100}"}) {
        CAPTURE(bad);
        auto compiled = Pattern::compile(bad);
        REQUIRE_FALSE(compiled.ok());
        CHECK_FALSE(compiled.error().message.empty());
    }
}

TEST_CASE("a pattern that freezes backtracking matchers answers at once") {
    CHECK_FALSE(matches("((a*)*)*b", std::string(2000, 'a')));
    CHECK_FALSE(matches("(a|aa)+", std::string(2000, 'a') + "!"));
}
