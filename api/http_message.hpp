// An HTTP/1.1 request as a handler sees it, and what it answers (RFC 9110, RFC 9112).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rotunda::api {

struct HttpRequest {
    std::string method;  // as sent: methods are case-sensitive
    std::string path;    // of the target, percent-decoded segment by segment by the router, not here
    std::string query;   // without '?', undecoded
    std::string authorization;
    std::string content_type;
    std::string host;
    std::string origin;         // empty where no browser page is behind the request
    bool forwarded = false;     // a proxy says that it asks for somebody else
    std::string last_event_id;  // where a stream of events is to be resumed
    std::string upgrade, web_socket_key, web_socket_version;  // of a request to speak WebSocket (RFC 6455)
    std::string body;
    bool keep_alive = true;
};

struct HttpResponse {
    int status = 200;
    std::string content_type;  // empty: no body
    std::string body;
    std::vector<std::pair<std::string_view, std::string>> headers;
    // The body is what happens after this event, without end (text/event-stream).
    std::optional<std::uint64_t> events_after;
    // The same, each event as one message of a WebSocket: 101, whose handshake the connection completes.
    bool web_socket = false;
    // The connection ends with this answer: who was refused keeps no place.
    bool last = false;
};

HttpResponse text(std::string body, std::string_view content_type = "text/plain; charset=utf-8");
HttpResponse json(std::string body, int status = 200);
HttpResponse without_body(int status);
// application/problem+json (RFC 9457); `detail` says what to do about it.
HttpResponse problem(int status, std::string_view detail);

std::string_view reason_phrase(int status);
// The whole message for the wire; without keep_alive it says that the connection ends.
std::string to_wire(const HttpResponse& response, bool head_only, bool keep_alive);

}  // namespace rotunda::api
