#include "api/http_message.hpp"

#include <doctest/doctest.h>

#include "api/metrics_text.hpp"

using namespace rotunda::api;

TEST_CASE("a response on the wire says how long it is and what it is") {
    const std::string wire = to_wire(text("hello\n"), false, true);
    CHECK(wire.starts_with(
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    CHECK(wire.ends_with("\r\n\r\nhello\n"));
    CHECK(wire.find("Connection:") == wire.npos);
}

TEST_CASE("HEAD gets the length and no body, a last response says that it is the last") {
    const std::string wire = to_wire(text("hello\n"), true, false);
    CHECK(wire.find("Content-Length: 6\r\n") != wire.npos);
    CHECK(wire.find("Connection: close\r\n") != wire.npos);
    CHECK(wire.ends_with("\r\n\r\n"));
}

TEST_CASE("an error is a problem document (RFC 9457)") {
    const HttpResponse response = problem(404, "No \"such\" room is open.");
    CHECK(response.content_type == "application/problem+json");
    CHECK(response.body == R"({"title":"Not Found","status":404,"detail":"No \"such\" room is open."})");
}

TEST_CASE("metrics are written in the text format of Prometheus") {
    MetricsText out;
    out.counter("a_total", 3, "As.");
    out.metric("b", "gauge", "Bs.");
    out.sample(1.5, {{"x", "quote\" slash\\ line\n"}, {"y", "z"}});
    CHECK(out.take() ==
          "# HELP a_total As.\n# TYPE a_total counter\na_total 3\n"
          "# HELP b Bs.\n# TYPE b gauge\nb{x=\"quote\\\" slash\\\\ line\\n\",y=\"z\"} 1.5\n");
}
