#include "api/router.hpp"

#include <doctest/doctest.h>

#include "api/tokens.hpp"

using namespace rotunda::api;

namespace {

HttpRequest request(std::string method, std::string path, std::string authorization = {}) {
    HttpRequest out;
    out.method = std::move(method);
    out.path = std::move(path);
    out.authorization = std::move(authorization);
    return out;
}

HttpResponse echo(const Call& call) {
    return text(call.arguments.empty() ? "none" : call.arguments.back());
}

Router router(std::vector<Token> tokens, bool local_only) {
    Router out([known = Tokens(std::move(tokens), local_only)](const HttpRequest& asked) {
        return known.scope_of(asked);
    });
    out.add({"GET", "/open", Scope::open, echo});
    out.add({"GET", "/rooms/{room}", Scope::read, echo});
    out.add({"DELETE", "/rooms/{room}", Scope::control, echo});
    return out;
}

const std::vector<Token> two_tokens = {{"reader", "a-secret-to-read", Scope::read},
                                       {"boss", "a-secret-to-steer", Scope::control}};

}  // namespace

TEST_CASE("a path's segments stand for the names of the pattern, percent-decoded") {
    const Router paths = router({}, true);
    CHECK(paths.answer(request("GET", "/rooms/1000")).body == "1000");
    CHECK(paths.answer(request("GET", "/rooms/caf%C3%A9%2Fa")).body == "café/a");
    CHECK(paths.answer(request("HEAD", "/rooms/1000")).status == 200);
    for (const char* path : {"/", "", "/rooms", "/rooms/", "/rooms/a/b", "/rooms/%", "/rooms/%f",
                             "/rooms/%zz", "/rooms/%ff", "/room/1000", "rooms/1000"})
        CHECK_MESSAGE(paths.answer(request("GET", path)).status == 404, path);
}

TEST_CASE("a method the path does not know is 405 with those it knows") {
    const HttpResponse response = router({}, true).answer(request("PUT", "/rooms/1000"));
    CHECK(response.status == 405);
    REQUIRE(response.headers.size() == 1);
    CHECK(response.headers[0].first == "Allow");
    CHECK(response.headers[0].second == "GET, HEAD, DELETE");
}

TEST_CASE("with tokens configured, only they open what is not open to all") {
    const Router paths = router(two_tokens, true);
    CHECK(paths.answer(request("GET", "/open")).status == 200);
    for (const char* wrong : {"", "Bearer a-secret-to-reax", "Bearer a-secret-to-rea", "Bearer ",
                              "Basic a-secret-to-read", "a-secret-to-read"})
        CHECK_MESSAGE(paths.answer(request("GET", "/rooms/1", wrong)).status == 401, wrong);
    CHECK(paths.answer(request("GET", "/rooms/1", "bearer a-secret-to-read")).status == 200);
    CHECK(paths.answer(request("DELETE", "/rooms/1", "Bearer a-secret-to-read")).status == 403);
    CHECK(paths.answer(request("DELETE", "/rooms/1", "Bearer a-secret-to-steer")).status == 200);
}

TEST_CASE("without tokens the API serves this host, not the pages its browsers show, and nobody else") {
    const Router here = router({}, true), anywhere = router({}, false);
    HttpRequest asked = request("DELETE", "/rooms/1");
    for (const char* host :
         {"", "localhost", "localhost:8080", "127.0.0.1:8080", "127.0.0.2:8080", "[::1]:8080", "[::1]"}) {
        asked.host = host;
        CHECK_MESSAGE(here.answer(asked).status == 200, host);
        CHECK(anywhere.answer(asked).status == 401);
    }
    for (const char* host :
         {"evil.example:8080", "localhost.evil.example", "[::2]:8080", "127.0.0.1.evil.example"}) {
        asked.host = host;
        CHECK_MESSAGE(here.answer(asked).status == 401, host);
    }
    asked.host = "localhost:8080";
    asked.forwarded = true;
    CHECK(here.answer(asked).status == 401);
    asked.forwarded = false;
    CHECK(here.answer(asked).status == 200);
    asked.origin = "http://localhost:3000";
    CHECK(here.answer(asked).status == 401);
}
