#include "api/http_message.hpp"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace rotunda::api {

HttpResponse text(std::string body, std::string_view content_type) {
    return {200, std::string(content_type), std::move(body), {}, {}, false, false};
}

HttpResponse json(std::string body, int status) {
    return {status, "application/json", std::move(body), {}, {}, false, false};
}

HttpResponse without_body(int status) {
    HttpResponse response;
    response.status = status;
    return response;
}

HttpResponse problem(int status, std::string_view detail) {
    const boost::json::object document{
        {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
    return {status, "application/problem+json", boost::json::serialize(document), {}, {}, false, false};
}

std::string_view reason_phrase(int status) {
    const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {phrase.data(), phrase.size()};
}

std::string to_wire(const HttpResponse& response, bool head_only, bool keep_alive) {
    std::string wire = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    if (!response.events_after) wire += fmt::format("Content-Length: {}\r\n", response.body.size());
    if (!response.content_type.empty()) wire += fmt::format("Content-Type: {}\r\n", response.content_type);
    for (const auto& [name, value] : response.headers) wire += fmt::format("{}: {}\r\n", name, value);
    // What is answered here is the state of this moment, and never a page for a browser to guess the type of.
    wire += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
    if (!keep_alive || response.events_after || response.last) wire += "Connection: close\r\n";
    wire += "\r\n";
    if (!head_only) wire += response.body;
    return wire;
}

}  // namespace rotunda::api
