#include "server/webhook_request.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace rotunda::server {
namespace {

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::optional<WebhookUrl> WebhookUrl::parse(std::string_view text) {
    constexpr std::string_view http = "http://", https = "https://";
    if (!is_plain(text)) return std::nullopt;
    WebhookUrl url;
    url.secure = text.starts_with(https);
    if (!url.secure && !text.starts_with(http)) return std::nullopt;
    text.remove_prefix(url.secure ? https.size() : http.size());
    const auto end = text.find_first_of("/?");
    const std::string_view authority = text.substr(0, end);
    url.target = end == text.npos ? "/" : std::string(text.substr(end));
    if (url.target.front() == '?') url.target.insert(0, "/");
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    const bool has_port = colon != authority.npos && (bracket == authority.npos || colon > bracket);
    url.port = has_port ? std::string(authority.substr(colon + 1)) : url.secure ? "443" : "80";
    url.host = authority.substr(0, has_port ? colon : authority.npos);
    if (url.host.starts_with('[') && url.host.ends_with(']'))
        url.host = url.host.substr(1, url.host.size() - 2);
    if (url.host.empty() || url.port.empty() || authority.find('@') != authority.npos) return std::nullopt;
    return url;
}

std::string webhook_signature(std::string_view secret, std::int64_t unix_time, std::string_view body) {
    const std::string text = fmt::format("{}.{}", unix_time, body);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    std::string hex = "sha256=";
    for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

std::string webhook_request(const WebhookUrl& url, const WebhookEvent& event, std::string_view secret,
                            std::int64_t unix_time) {
    const bool bracketed = url.host.find(':') != std::string::npos;
    const std::string body =
        fmt::format(R"({{"id":{},"event":"{}","data":{}}})", event.id, event.name, event.json);
    std::string request = fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
        "Connection: close\r\nX-Rotunda-Event: {}\r\nX-Rotunda-Timestamp: {}\r\n",
        url.target, bracketed ? "[" : "", url.host, bracketed ? "]" : "", url.port, body.size(), event.name,
        unix_time);
    if (!secret.empty())
        request += fmt::format("X-Rotunda-Signature: {}\r\n", webhook_signature(secret, unix_time, body));
    return request + "\r\n" + body;
}

}  // namespace rotunda::server
