// One event as the HTTP request that carries it to an operator's program, signed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rotunda::server {

// "https://host:port/path?query"; http or https.
struct WebhookUrl {
    bool secure = false;
    std::string host;
    std::string port;
    std::string target;  // path and query

    static std::optional<WebhookUrl> parse(std::string_view text);
};

struct WebhookEvent {
    std::uint64_t id = 0;  // as in the stream of events
    std::string name;
    std::string json;
};

// The body is {"id":...,"event":...,"data":{...}}. X-Rotunda-Signature is "sha256=" and, in hexadecimal, the
// HMAC-SHA-256 under `secret` of X-Rotunda-Timestamp, a full stop and the body: who knows the secret can tell
// that it is ours, and by the time that it is no old one sent again.
std::string webhook_request(const WebhookUrl& url, const WebhookEvent& event, std::string_view secret,
                            std::int64_t unix_time);
std::string webhook_signature(std::string_view secret, std::int64_t unix_time, std::string_view body);

}  // namespace rotunda::server
