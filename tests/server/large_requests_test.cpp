// RFC 3261 §18.1.1 on the wire: a BYE that a long route makes too large for UDP.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "running_server.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

// Proxies without number, all of them at the phone's address.
std::string long_route(const Endpoint& at) {
    std::string lines;
    for (int i = 0; i < 30; ++i)
        lines += "Record-Route: <sip:proxy-number-" + std::to_string(i) + "@" + at.to_string() + ";lr>\r\n";
    return lines;
}

std::string read_from(int fd) {
    pollfd watched{fd, POLLIN, 0};
    std::string text;
    while (!text.ends_with("\r\n\r\n") && poll(&watched, 1, 3000) > 0) {
        char buffer[4096];
        const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0) break;
        text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
}

// A phone that listens on TCP, too, at its own port. One that somebody else has there is not for it.
struct ListeningPhone : Phone {
    explicit ListeningPhone(const Endpoint& to) : Phone(to) {
        for (int tries = 0; tries < 50; ++tries) {
            if (auto opened = open_socket(SOCK_STREAM, self); opened.ok()) {
                listener = std::move(*opened);
                break;
            }
            fd = *open_socket(SOCK_DGRAM, {to.address, 0});
            self = *local_endpoint(fd.get());
        }
        REQUIRE(listen(listener.get(), 5) == 0);
    }
    FileDescriptor listener;
};

}  // namespace

TEST_CASE("a BYE above 1300 octets reaches a UDP phone by TCP where it listens") {
    Running running(quiet());
    ListeningPhone phone(running.server->bound()[0].endpoint);
    phone.extra = long_route(phone.self);
    phone.call();
    running.server->drain();

    pollfd watched{phone.listener.get(), POLLIN, 0};
    REQUIRE(poll(&watched, 1, 3000) == 1);
    const FileDescriptor connection(accept(phone.listener.get(), nullptr, nullptr));
    const std::string bye = read_from(connection.get());
    CHECK(bye.starts_with("BYE sip:phone@"));
    CHECK(bye.size() > 1300);
    CHECK(bye.find("\r\nVia: SIP/2.0/TCP ") != std::string::npos);
    const std::string ok = Phone::answer_to(bye);
    CHECK(send(connection.get(), ok.data(), ok.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(ok.size()));
    CHECK(running.join() < at_once);
    CHECK(phone.receive(0).empty());
}

TEST_CASE("a BYE above 1300 octets goes by UDP at once where TCP is refused") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.extra = long_route(phone.self);
    phone.call();
    running.server->drain();
    const std::string bye = phone.receive_starting("BYE");
    CHECK(bye.size() > 1300);
    CHECK(bye.find("\r\nVia: SIP/2.0/UDP ") != std::string::npos);
    phone.answer(bye);
    CHECK(running.join() < at_once);
}

TEST_CASE("a small BYE goes by UDP although the phone listens on TCP") {
    Running running(quiet());
    ListeningPhone phone(running.server->bound()[0].endpoint);
    phone.call();
    running.server->drain();
    const std::string bye = phone.receive_starting("BYE");
    CHECK_FALSE(bye.empty());
    phone.answer(bye);
    CHECK(running.join() < at_once);
    pollfd watched{phone.listener.get(), POLLIN, 0};
    CHECK(poll(&watched, 1, 0) == 0);
}
