#include "cli/http_client.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

namespace rotunda::cli {

namespace http = boost::beast::http;

namespace {

constexpr int patience_s = 10;
constexpr std::uint64_t largest_answer = 64u << 20;

void set_patience(int fd) {
    const timeval patience{patience_s, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

// The first address that takes the connection.
std::optional<server::FileDescriptor> connect_to_any(const addrinfo* addresses) {
    for (const addrinfo* each = addresses; each; each = each->ai_next) {
        server::FileDescriptor fd(
            socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
        if (!fd) continue;
        set_patience(fd.get());
        if (connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0) return fd;
    }
    return std::nullopt;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0 && errno != EINTR) return false;
        if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

// Reads once; an empty view at the end of the stream or of patience.
std::string_view read_some(int fd, std::array<char, 16'384>& buffer) {
    ssize_t size = 0;
    do size = recv(fd, buffer.data(), buffer.size(), 0);
    while (size < 0 && errno == EINTR);
    return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

using Parser = http::response_parser<http::string_body>;

// The rest of `bytes` stays in `left`. False: no HTTP.
bool feed(Parser& parser, std::string& left) {
    boost::beast::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(left), error);
    left.erase(0, used);
    return !error || error == http::error::need_more;
}

HttpAnswer take(Parser& parser) {
    return {static_cast<int>(parser.get().result_int()), parser.get().body()};
}

}  // namespace

Result<ApiAccess> parse_api_address(std::string_view text, ApiAccess access) {
    constexpr std::string_view scheme = "http://";
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
    if (text.find("://") != text.npos)
        return fail_with(fmt::format("{}: only http is spoken here; put the address of a local proxy", text));
    text = text.substr(0, text.find('/'));
    const auto bracket = text.rfind(']');
    const auto colon = text.rfind(':');
    const bool has_port = colon != text.npos && (bracket == text.npos || colon > bracket);
    if (has_port) access.port = text.substr(colon + 1);
    std::string_view host = has_port ? text.substr(0, colon) : text;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty() || access.port.empty()) return fail_with("an address is host:port");
    access.host = host;
    return access;
}

std::string HttpClient::request(std::string_view method, std::string_view path,
                                const std::string& body) const {
    const std::string_view open = access_.host.find(':') == std::string::npos ? "" : "[";
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nConnection: close\r\n", method, path,
                                   open, access_.host, open.empty() ? "" : "]", access_.port);
    if (!access_.token.empty()) text += fmt::format("Authorization: Bearer {}\r\n", access_.token);
    if (!body.empty()) text += "Content-Type: application/json\r\n";
    return text + fmt::format("Content-Length: {}\r\n\r\n", body.size()) + body;
}

Result<server::FileDescriptor> HttpClient::send(const std::string& request) const {
    const auto nobody = [&](std::string_view why) {
        return fail_with(
            fmt::format("no server answers at {}:{} ({}); see --api", access_.host, access_.port, why));
    };
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(access_.host.c_str(), access_.port.c_str(), &wanted, &found))
        return nobody(gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
    auto fd = connect_to_any(found);
    if (!fd || !send_all(fd->get(), request)) return nobody(std::strerror(errno));
    return std::move(*fd);
}

Result<HttpAnswer> HttpClient::ask(std::string_view method, std::string_view path,
                                   const std::string& body) const {
    const auto fd = send(request(method, path, body));
    if (!fd) return fail(Error(fd.error()));
    Parser parser;
    parser.body_limit(largest_answer);
    parser.eager(true);
    std::array<char, 16'384> buffer;
    std::string left;
    while (!parser.is_done()) {
        const std::string_view some = read_some(fd->get(), buffer);
        if (some.empty()) {
            boost::beast::error_code error;
            parser.put_eof(error);
            if (error || !parser.is_done()) return fail_with("the server's answer did not come whole");
            break;
        }
        left += some;
        if (!feed(parser, left)) return fail_with("what answers there does not speak HTTP");
    }
    return take(parser);
}

Result<HttpAnswer> HttpClient::stream(std::string_view path,
                                      const std::function<bool(std::string_view)>& on_line) const {
    const auto fd = send(request("GET", path, {}));
    if (!fd) return fail(Error(fd.error()));
    // A stream is silent for as long as nothing happens; the server's heart beats every 15 s.
    const timeval patience{60, 0};
    (void)setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::array<char, 16'384> buffer;
    std::string text;
    std::size_t head = std::string::npos;
    for (auto some = read_some(fd->get(), buffer); !some.empty(); some = read_some(fd->get(), buffer)) {
        text += some;
        if (head == std::string::npos) {
            head = text.find("\r\n\r\n");
            if (head == std::string::npos) continue;
            if (text.compare(0, 12, "HTTP/1.1 200") != 0) return ask("GET", path);
            text.erase(0, head + 4);
        }
        for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
            if (!on_line(std::string_view(text).substr(0, end))) return HttpAnswer{200, {}};
            text.erase(0, end + 1);
        }
    }
    return HttpAnswer{200, {}};
}

}  // namespace rotunda::cli
