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
