// A value that takes no room while it is not there.
#include "base/boxed.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rotunda;

TEST_CASE("a box is empty until it is filled, and again after reset and after being moved from") {
    Boxed<std::string> box;
    CHECK_FALSE(box);
    box = "one";
    REQUIRE(box);
    CHECK(*box == "one");
    box->append(" more");
    CHECK(*box == "one more");
    box.emplace(3, 'x');
    CHECK(*box == "xxx");
    Boxed<std::string> other = std::move(box);
    CHECK(*other == "xxx");
    CHECK_FALSE(box);
    other.reset();
    CHECK_FALSE(other);
}

TEST_CASE("an empty box is as small as a pointer, whatever would be in it") {
    struct Large {
        char octets[4096];
    };
    static_assert(sizeof(Boxed<Large>) == sizeof(void*));
}
