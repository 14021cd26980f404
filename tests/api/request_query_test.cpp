#include "api/request_query.hpp"

#include <doctest/doctest.h>

using namespace rotunda::api;

namespace {

struct Asked {
    std::optional<std::uint64_t> after, limit;
    bool refused = false;
};

Asked ask(std::string text) {
    HttpRequest request;
    request.query = std::move(text);
    RequestQuery query(request);
    Asked out{query.number("after", 1000), query.number("limit", 10), false};
    out.refused = query.complaint().has_value();
    return out;
}

}  // namespace

TEST_CASE("a query is read by name, wherever the name stands") {
    CHECK(ask("after=5&limit=3").after == 5);
    CHECK(ask("limit=3&after=5").after == 5);
    CHECK(ask("limit=3&after=5").limit == 3);
    CHECK(ask("after=0").after == 0);
    CHECK_FALSE(ask("").refused);
    CHECK_FALSE(ask("").after);
    CHECK_FALSE(ask("limit=10").refused);
}

TEST_CASE("what is unknown, broken or said twice is refused, not passed over") {
    for (const char* text : {"x=1", "x=1&after=5", "after=5&x", "after=abc", "after", "after=", "after=-1",
                             "after=+1", "after=1001", "limit=11", "after=1&after=1", "&", "&after=1",
                             "after=5&", "=", "after=18446744073709551617", "afte=5", "after=%35"})
        CHECK_MESSAGE(ask(text).refused, text);
}
