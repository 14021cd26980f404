#include "api/request_body.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rotunda::api;

namespace {

HttpRequest with(std::string body) {
    HttpRequest request;
    request.body = std::move(body);
    return request;
}

}  // namespace

TEST_CASE("members are read by name and type") {
    RequestBody body(with(R"({"name":"board","n":5,"locked":true})"));
    CHECK(body.text("name") == "board");
    CHECK(body.number("n", 1, 10) == 5);
    CHECK(body.flag("locked") == true);
    CHECK_FALSE(body.text("other"));
    CHECK_FALSE(body.complaint());
    CHECK_FALSE(RequestBody(with("")).complaint());
}

TEST_CASE("what is wrong is said, and never thrown") {
    for (const char* text : {"[]", "5", "{", "{\"a\":", "nonsense", "{\"n\":\"five\"}", "{\"n\":11}",
                             "{\"n\":1e999}", "{\"name\":5}", "{\"name\":\"a\\u0000b\"}", "{\"locked\":1}",
                             "{\"unknown\":1}", "{\"name\":[[[[[[[[[1]]]]]]]]]}"}) {
        RequestBody body(with(text));
        (void)body.text("name", 10);
        (void)body.number("n", 1, 10);
        (void)body.flag("locked");
        REQUIRE_MESSAGE(body.complaint(), text);
        CHECK(body.complaint()->status == 400);
    }
    RequestBody missing(with("{}"));
    missing.require(false, "name");
    CHECK(missing.complaint()->body.find("name is missing") != std::string::npos);
}

TEST_CASE("a whole number is none with a fraction, a sign or beyond its bounds, however it is written") {
    for (const char* text : {"5", "5.0", "5e0", "1", "10"}) {
        RequestBody body(with(std::string("{\"n\":") + text + "}"));
        CHECK_MESSAGE(body.whole("n", 1, 10).has_value(), text);
        CHECK_FALSE(body.complaint());
    }
    for (const char* text : {"1.5", "0", "11", "-1", "\"5\"", "1e30", "true", "null"}) {
        RequestBody body(with(std::string("{\"n\":") + text + "}"));
        CHECK_FALSE(body.whole("n", 1, 10));
        CHECK_MESSAGE(body.complaint(), text);
    }
}

TEST_CASE("null takes back what was said before, where that is asked for") {
    RequestBody body(with(R"({"a":null,"b":true})"));
    REQUIRE(body.flag_or_null("a"));
    CHECK_FALSE(*body.flag_or_null("a"));
    CHECK(*body.flag_or_null("b") == true);
    CHECK_FALSE(body.flag_or_null("c"));
    CHECK_FALSE(body.complaint());
    RequestBody wrong(with(R"({"a":1})"));
    CHECK_FALSE(wrong.flag_or_null("a"));
    CHECK(wrong.complaint());
    RequestBody plain(with(R"({"a":null})"));
    CHECK_FALSE(plain.flag("a"));
    CHECK(plain.complaint());
}
