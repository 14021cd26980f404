#include "base/pattern.hpp"

#include <doctest/doctest.h>

using rotunda::Pattern;

namespace {

bool matches(std::string_view pattern, std::string_view text) {
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
    CHECK(matches("^[0-9]+$", "7"));
    CHECK(matches("", ""));
    CHECK_FALSE(matches("", "x"));
}

TEST_CASE("each operator means what it means everywhere") {
    CHECK(matches("room-(red|green|blue)", "room-green"));
    CHECK_FALSE(matches("room-(red|green|blue)", "room-gren"));
    CHECK(matches("ab*c", "ac"));
    CHECK(matches("ab*c", "abbbc"));
    CHECK(matches("ab?c", "abc"));
    CHECK_FALSE(matches("ab?c", "abbc"));
    CHECK(matches("a{2,3}", "aaa"));
    CHECK_FALSE(matches("a{2,3}", "aaaa"));
    CHECK_FALSE(matches("a{2}", "a"));
    CHECK(matches("a{2,}", "aaaaaaa"));
    CHECK(matches("(?:ab){2}", "abab"));
    CHECK(matches("a|", ""));
    CHECK(matches("\\d\\w\\.", "1_."));
    CHECK(matches(".", "\xff"));
}

TEST_CASE("classes take ranges, their opposite and a closing bracket in front") {
    CHECK(matches("[^0-9]+", "abc"));
    CHECK_FALSE(matches("[^0-9]+", "ab1"));
    CHECK(matches("[]a-]+", "]a-"));
    CHECK(matches("[\\d.]+", "1.2"));
}

TEST_CASE("a bad pattern is refused with its place") {
    for (const char* bad : {"(", ")", "[", "[z-a]", "*a", "a{3,1}", "a{", "a{9999}", "\\", "\\q", "a^b"}) {
        CAPTURE(bad);
        auto compiled = Pattern::compile(bad);
        REQUIRE_FALSE(compiled.ok());
        CHECK(compiled.error().message.find("at character") != std::string::npos);
    }
}

TEST_CASE("patterns that unfold without bound are refused") {
    CHECK_FALSE(Pattern::compile("((a{100}){100}){100}").ok());
    CHECK_FALSE(Pattern::compile("(((){1000}){1000}){1000}").ok());
    CHECK_FALSE(Pattern::compile(std::string(5000, '(')).ok());
    CHECK_FALSE(Pattern::compile(std::string(5000, 'a')).ok());
}

TEST_CASE("a pattern that freezes backtracking matchers answers at once") {
    CHECK_FALSE(matches("((a*)*)*b", std::string(2000, 'a')));
    CHECK_FALSE(matches("(a|aa)+", std::string(2000, 'a') + "!"));
    CHECK(matches("(a?){100}a{100}", std::string(100, 'a')));
}
