#include "server/webhook_connection.hpp"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/text.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::server {
namespace {

constexpr timeval patience{3, 0};
constexpr std::size_t most_of_answer = 4096;
constexpr std::size_t status_line = 12;  // "HTTP/1.1 200"

// Connecting is bounded by the send time-out.
FileDescriptor connect_to(const WebhookUrl& url, std::atomic<int>& current, std::string& why) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &wanted, &found)) {
        why = gai_strerror(error);
        return {};
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
    for (const addrinfo* each = found; each; each = each->ai_next) {
        FileDescriptor fd(socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
        if (!fd) continue;
        (void)setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        (void)setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        current = fd.get();
        if (connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0) return fd;
        current = -1;
        why = errno == EINPROGRESS ? "no answer in time" : std::strerror(errno);
    }
    return {};
}

// 0: this is no HTTP.
int status_of(std::string_view answer) {
    if (!answer.starts_with("HTTP/1.") || answer.size() < status_line) return 0;
    return parse_number<int>(answer.substr(9, 3), 999).value_or(0);
}

struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// After a failed handshake. Who runs the other side may be somebody else: only this line tells what is wrong
// there.
std::string why_not_secure(const SSL* ssl) {
    if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK)
        return std::string("TLS: its certificate: ") + X509_verify_cert_error_string(verified);
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return std::string("TLS: ") + (reason ? reason : "no answer");
}

// Reads with `read_some(buffer, size)` until the status is there.
template <typename Read>
int read_status(Read read_some) {
    std::string answer;
    std::array<char, 1024> buffer;
    while (answer.size() < status_line) {
        const auto size = read_some(buffer.data(), buffer.size());
        if (size <= 0) break;
        answer.append(buffer.data(), static_cast<std::size_t>(size));
        if (answer.size() > most_of_answer) break;
    }
    return status_of(answer);
}

}  // namespace

int WebhookConnection::failed(std::string why) {
    why_not_ = std::move(why);
    return 0;
}

int WebhookConnection::post(const WebhookUrl& url, const std::string& request) {
    why_not_.clear();
    const FileDescriptor fd = connect_to(url, fd_, why_not_);
    if (!fd) return 0;
    const int status = url.secure ? talk_securely(fd.get(), url, request) : talk_plainly(fd.get(), request);
    fd_ = -1;
    return status;
}

void WebhookConnection::abandon() {
    if (const int fd = fd_; fd >= 0) ::shutdown(fd, SHUT_RDWR);
}

int WebhookConnection::talk_plainly(int fd, const std::string& request) {
    for (std::size_t sent = 0; sent < request.size();) {
        const ssize_t size = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) return failed("it took nothing");
        sent += static_cast<std::size_t>(size);
    }
    const int status = read_status([fd](char* to, std::size_t size) { return recv(fd, to, size, 0); });
    return status ? status : failed("no answer");
}

SSL_CTX* WebhookConnection::context() {
    if (!context_) {
        context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
        if (context_) SSL_CTX_set_default_verify_paths(context_.get());
    }
    return context_.get();
}

int WebhookConnection::talk_securely(int fd, const WebhookUrl& url, const std::string& request) {
    SSL_CTX* const known = context();
    const std::unique_ptr<SSL, FreeSsl> ssl(known ? SSL_new(known) : nullptr);
    if (!ssl) return failed("out of memory");
    SSL_set_min_proto_version(ssl.get(), TLS1_2_VERSION);
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, nullptr);
    SSL_set1_host(ssl.get(), url.host.c_str());
    SSL_set_tlsext_host_name(ssl.get(), url.host.c_str());
    SSL_set_fd(ssl.get(), fd);
    ERR_clear_error();
    if (SSL_connect(ssl.get()) != 1) return failed(why_not_secure(ssl.get()));
    if (SSL_write(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0)
        return failed("it took nothing");
    const int status = read_status(
        [&](char* to, std::size_t size) { return SSL_read(ssl.get(), to, static_cast<int>(size)); });
    ERR_clear_error();
    return status ? status : failed("no answer");
}

}  // namespace rotunda::server
