// A whole server on a thread of its own, and a phone of few words that talks to it by hand.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/clock.hpp"
#include "server/config_loader.hpp"
#include "server/server.hpp"
#include "server/socket.hpp"

namespace rotunda::server {

// How long an end may take: one without waiting for anybody, which a farewell of 1.5 s would not be, and one
// that waits for no more than that, which Timer F of a BYE (32 s) would not be.
constexpr Duration at_once = std::chrono::milliseconds(1400), soon = std::chrono::seconds(5);

inline Config quiet(std::vector<std::string> more = {}) {
    std::vector<std::string> settings = {"sip.listen=udp://127.0.0.1:0", "log.format=json", "log.level=error",
                                         "media.workers=1", "media.ports=43000-43099"};
    settings.insert(settings.end(), more.begin(), more.end());
    auto config = load_config({"", {}, settings});
    REQUIRE(config.ok());
    return *config;
}

// A server on a thread of its own; `run` has returned once join() has.
struct Running {
    explicit Running(const Config& config)
        : server(std::move(*Server::start(config))), thread([this] {
              server->run();
              ended = true;
          }) {}
    ~Running() {
        if (!thread.joinable()) return;
        server->drain();
        server->drain();
        thread.join();
    }
    // How long it takes to end.
    Duration join() {
        const TimePoint from = clock.now();
        thread.join();
        return clock.now() - from;
    }

    SystemClock clock;
    std::unique_ptr<Server> server;
    std::atomic<bool> ended{false};
    std::thread thread;
};

// A phone of few words: one call, messages by hand.
struct Phone {
    explicit Phone(const Endpoint& to)
        : fd(*open_socket(SOCK_DGRAM, {to.address, 0})), self(*local_endpoint(fd.get())), server(to) {}

    void send(const std::string& text) {
        const SocketAddress address(server);
        REQUIRE(sendto(fd.get(), text.data(), text.size(), 0, address.get(), address.size()) ==
                static_cast<ssize_t>(text.size()));
    }
    std::string receive(int timeout_ms = 3000) {
        pollfd watched{fd.get(), POLLIN, 0};
        if (poll(&watched, 1, timeout_ms) <= 0) return {};
        std::string buffer(65536, '\0');
        const ssize_t n = recv(fd.get(), buffer.data(), buffer.size(), 0);
        buffer.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
        return buffer;
    }
    // Skips what does not begin so.
    std::string receive_starting(std::string_view start) {
        for (std::string got = receive(); !got.empty(); got = receive())
            if (got.starts_with(start)) return got;
        return {};
    }
    std::string request(const std::string& method, const std::string& to_tag, const std::string& body = "") {
        const bool in_dialog = !to_tag.empty();
        std::string text =
            method + " sip:1000@" + server.to_string() + " SIP/2.0\r\nVia: SIP/2.0/UDP " + self.to_string() +
            ";branch=z9hG4bK" + std::to_string(++branch) + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:phone@" +
            self.to_string() + ">;tag=1\r\nTo: <sip:1000@" + server.to_string() + ">" +
            (in_dialog ? ";tag=" + to_tag : "") + "\r\nCall-ID: " + self.to_string() + "\r\nCSeq: 1 " +
            method + "\r\nContact: " + (contact.empty() ? "<sip:phone@" + self.to_string() + ">" : contact) +
            "\r\n";
        text += extra;
        if (!body.empty()) text += "Content-Type: application/sdp\r\n";
        return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    // The To tag of the call that then stands.
    std::string call(bool acknowledged = true) {
        const std::string ip = self.address.to_string();
        send(request("INVITE", "",
                     "v=0\r\no=- 1 1 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip +
                         "\r\nt=0 0\r\nm=audio 43998 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"));
        const std::string ok = receive_starting("SIP/2.0 200");
        REQUIRE_FALSE(ok.empty());
        const std::size_t to = ok.find("\r\nTo:");
        const std::size_t tag = ok.find(";tag=", to) + 5;
        const std::string to_tag = ok.substr(tag, ok.find_first_of("\r;", tag) - tag);
        if (acknowledged) send(request("ACK", to_tag));
        return to_tag;
    }
    void answer(const std::string& received) { send(answer_to(received)); }
    static std::string answer_to(const std::string& received) {
        std::string response = "SIP/2.0 200 OK\r\n";
        for (std::string_view name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:"}) {
            const std::size_t at = received.find("\r\n" + std::string(name)) + 2;
            response += received.substr(at, received.find("\r\n", at) + 2 - at);
        }
        return response + "Content-Length: 0\r\n\r\n";
    }

    FileDescriptor fd;
    Endpoint self;
    Endpoint server;
    int branch = 0;
    std::string extra;    // whole header lines of every request
    std::string contact;  // empty: the phone's address
};

}  // namespace rotunda::server
