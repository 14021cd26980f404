#include "api/http_reader.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rotunda::api;

namespace {

HttpRequest read_one(HttpReader& reader) {
    auto next = reader.next();
    REQUIRE(next);
    REQUIRE(next->ok());
    return **next;
}

int status_of(std::string_view bytes) {
    HttpReader reader;
    REQUIRE(reader.feed(bytes));
    auto next = reader.next();
    REQUIRE(next);
    REQUIRE(!next->ok());
    CHECK_FALSE(reader.next());  // nothing is read after an error
    return next->error();
}

}  // namespace

TEST_CASE("a request is read with its path, query, header fields and body") {
    HttpReader reader;
    REQUIRE(
        reader.feed("POST /v1/rooms?x=1&y HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: Bearer abc\r\n"
                    "Content-Type: application/json\r\nContent-Length: 4\r\n\r\n{ }\n"));
    const HttpRequest request = read_one(reader);
    CHECK(request.method == "POST");
    CHECK(request.path == "/v1/rooms");
    CHECK(request.query == "x=1&y");
    CHECK(request.host == "localhost:8080");
    CHECK(request.authorization == "Bearer abc");
    CHECK(request.content_type == "application/json");
    CHECK(request.body == "{ }\n");
    CHECK(request.keep_alive);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.mid_request());
}

TEST_CASE("a proxy that says for whom it asks is known by any of its fields") {
    const auto forwarded = [](std::string_view field) {
        HttpReader reader;
        REQUIRE(reader.feed("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n" + std::string(field) + "\r\n\r\n"));
        return read_one(reader).forwarded;
    };
    for (const char* field : {"X-Forwarded-For: 192.0.2.1", "x-forwarded-host: a", "X-Forwarded-Proto: https",
                              "X-Real-IP: 192.0.2.1", "Forwarded: for=192.0.2.1", "Via: 1.1 caddy", "Via:"})
        CHECK(forwarded(field));
    CHECK_FALSE(forwarded("Accept: */*"));
    CHECK_FALSE(forwarded("X-Viaduct: 1"));
}

TEST_CASE("requests that come octet by octet are the same as those that come in one piece") {
    const std::string bytes =
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    HttpReader whole, slow;
    REQUIRE(whole.feed(bytes));
    CHECK(read_one(whole).path == "/a");
    CHECK(read_one(whole).path == "/b");
    std::string paths;
    bool closes = false;
    for (const char c : bytes) {
        REQUIRE(slow.feed({&c, 1}));
        if (auto next = slow.next()) {
            REQUIRE(next->ok());
            paths += (**next).path;
            closes = !(**next).keep_alive;
        }
    }
    CHECK(paths == "/a/b");
    CHECK(closes);
}

TEST_CASE("a request in the making is told from none") {
    HttpReader reader;
    CHECK_FALSE(reader.mid_request());
    REQUIRE(reader.feed("GET / HTTP/1.1\r\nHo"));
    CHECK_FALSE(reader.next());
    CHECK(reader.mid_request());
}

TEST_CASE("what is too large or no HTTP gets its status") {
    CHECK(status_of("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n") == 431);
    CHECK(status_of("POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n") == 413);
    CHECK(status_of("GET / HTTP/3.7\r\n\r\n") == 505);
    CHECK(status_of("INVITE sip:1000@x SIP/2.0\r\n\r\n") == 505);
    CHECK(status_of("GET /\r\n\r\n") == 400);
    CHECK(status_of(std::string("\0\1\2\r\n\r\n", 7)) == 400);
}

TEST_CASE("what waits behind a request is bounded") {
    HttpReader reader({100, 100, 100});
    CHECK(reader.feed(std::string(300, 'x')));
    CHECK_FALSE(reader.feed("x"));
}
