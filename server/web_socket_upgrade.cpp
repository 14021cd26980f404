#include "server/web_socket_upgrade.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "server/web_socket.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t key_size = 16;

WebSocketUpgrade refuse(std::string_view status, std::string_view header = {}) {
    return {false, "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(header) +
                       "Content-Length: 0\r\nConnection: close\r\n\r\n"};
}

bool is_get(std::string_view line) {
    return line.starts_with("GET /") && line.ends_with(" HTTP/1.1");
}

// All values of that name; RFC 9110 §5.3 lets a list come in several lines.
std::vector<std::string_view> values(std::string_view headers, std::string_view name) {
    std::vector<std::string_view> found;
    while (!headers.empty()) {
        const std::size_t end = std::min(headers.find("\r\n"), headers.size());
        const std::string_view line = headers.substr(0, end);
        headers.remove_prefix(std::min(headers.size(), end + 2));
        const Split field = split_once(line, ':');
        if (field.tail && iequals(field.head, name)) found.push_back(trim(*field.tail));
    }
    return found;
}

std::optional<std::string_view> only(std::string_view headers, std::string_view name) {
    const auto found = values(headers, name);
    if (found.size() != 1) return std::nullopt;
    return found.front();
}

bool lists(std::string_view headers, std::string_view name, std::string_view token) {
    for (const std::string_view value : values(headers, name))
        for (std::optional<std::string_view> rest = value; rest;) {
            const Split item = split_once(*rest, ',');
            if (iequals(trim(item.head), token)) return true;
            rest = item.tail;
        }
    return false;
}

bool is_key(std::string_view text) {
    const auto key = from_base64(text);
    return key && key->size() == key_size;
}

}  // namespace

std::string web_socket_accept(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
    return to_base64({digest, size});
}

WebSocketUpgrade answer_upgrade(std::string_view request, const std::vector<std::string>& origins) {
    const std::size_t end = request.find("\r\n");
    if (end == std::string_view::npos || !is_get(request.substr(0, end))) return refuse("400 Bad Request");
    const std::string_view headers = request.substr(end + 2);
    if (!lists(headers, "Upgrade", "websocket") || !lists(headers, "Connection", "upgrade"))
        return refuse("426 Upgrade Required", "Upgrade: websocket\r\n");
    if (only(headers, "Sec-WebSocket-Version") != "13")
        return refuse("426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n");
    const auto key = only(headers, "Sec-WebSocket-Key");
    if (!key || !is_key(*key) || !only(headers, "Host")) return refuse("400 Bad Request");
    // RFC 7118 §4.1: both must name the sub-protocol.
    if (!lists(headers, "Sec-WebSocket-Protocol", "sip")) return refuse("400 Bad Request");
    const auto origin = only(headers, "Origin");
    const auto allowed = [&](const std::string& each) { return origin && iequals(each, *origin); };
    if (!origins.empty() && std::ranges::none_of(origins, allowed)) return refuse("403 Forbidden");
    return {true,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Accept: " +
                web_socket_accept(*key) + "\r\n\r\n"};
}

}  // namespace rotunda::server
