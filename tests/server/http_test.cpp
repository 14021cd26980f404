// The HTTP side of a running server, over real sockets.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>

#include "server/config_loader.hpp"
#include "server/http_listener.hpp"
#include "server/server.hpp"
#include "server/socket.hpp"
#include "tests/server/loop_fixture.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

struct Client {
    explicit Client(const Endpoint& server) : fd(*open_unbound_socket(SOCK_STREAM, server.address.family())) {
        const SocketAddress address(server);
        connect(fd.get(), address.get(), address.size());
        pollfd watched{fd.get(), POLLOUT, 0};
        REQUIRE(poll(&watched, 1, 3000) == 1);
    }
    void send(std::string_view bytes) {
        REQUIRE(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0);
    }
    // The next response, whole.
    std::string receive() {
        while (rest.find("\r\n\r\n") == rest.npos)
            if (!read_some()) return {};
        const auto at = rest.find("Content-Length: ");
        const std::size_t size = rest.find("\r\n\r\n") + 4 + std::stoul(rest.substr(at + 16));
        while (rest.size() < size)
            if (!read_some()) return {};
        std::string response = rest.substr(0, size);
        rest.erase(0, size);
        return response;
    }
    bool read_some() {
        char buffer[4096];
        pollfd watched{fd.get(), POLLIN, 0};
        if (poll(&watched, 1, 3000) != 1) return false;
        const ssize_t size = recv(fd.get(), buffer, sizeof buffer, 0);
        if (size > 0) rest.append(buffer, static_cast<std::size_t>(size));
        return size > 0;
    }
    std::string ask(std::string_view method_and_path) {
        send(std::string(method_and_path) + " HTTP/1.1\r\n\r\n");
        return receive();
    }
    bool closed() {
        char octet = 0;
        pollfd watched{fd.get(), POLLIN, 0};
        return poll(&watched, 1, 3000) == 1 && recv(fd.get(), &octet, 1, 0) <= 0;
    }
    FileDescriptor fd;
    std::string rest;
};

// A listener that answers with the path, on the test's own thread.
struct Served : LoopFixture {
    Served()
        : listener(loop, clock, history, [this](const api::HttpRequest& asked) { return answer(asked); }) {
        at = *listener.listen({IpAddress::v4(0x7f000001), 0});
    }
    // Runs the loop while `client`, on a thread of its own, talks.
    void with(const std::function<void()>& client) {
        std::atomic<bool> done{false};
        std::thread thread([&] {
            client();
            done = true;
        });
        run_until([&] { return done.load(); });
        thread.join();
    }
    api::HttpResponse answer(const api::HttpRequest& asked) const {
        api::HttpResponse response = api::text(asked.path);
        if (asked.path == "/events") response.events_after = history.last();
        return response;
    }
    api::EventHistory history;
    HttpListener listener;
    Endpoint at;
};

}  // namespace

TEST_CASE("requests on one connection are answered in order, the last one ends it") {
    Served served;
    served.with([&] {
        Client client(served.at);
        client.send(
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        CHECK(client.receive().ends_with("\r\n\r\n/a"));
        CHECK(client.receive().ends_with("\r\n\r\n/b"));
        CHECK(client.closed());
    });
    CHECK(served.listener.counters().requests == 2);
}

TEST_CASE("what is no HTTP gets 400 and the connection ends") {
    Served served;
    served.with([&] {
        Client client(served.at);
        client.send("hello there\r\n\r\n");
        CHECK(client.receive().starts_with("HTTP/1.1 400 Bad Request\r\n"));
    });
}

TEST_CASE("a client that asks too often is told so") {
    Served served;
    served.with([&] {
        Client client(served.at);
        std::string many;
        for (int i = 0; i < 300; ++i) many += "GET /x HTTP/1.1\r\n\r\n";
        for (int i = 0; i < 6; ++i) client.send(many);
        std::string last;
        for (int i = 0; i < 1800; ++i) last = client.receive();
        CHECK(last.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
        CHECK(last.find("Retry-After: 1\r\n") != last.npos);
    });
    CHECK(served.listener.counters().limited > 0);
}

TEST_CASE(
    "a client that asks for events gets each as it happens, one that does not read costs a bounded memory") {
    Served served;
    served.with([&] {
        Client watcher(served.at), deaf(served.at);
        watcher.send("GET /events HTTP/1.1\r\n\r\n");
        deaf.send("GET /events HTTP/1.1\r\n\r\n");
        while (watcher.rest.find("\r\n\r\n") == std::string::npos) REQUIRE(watcher.read_some());
        CHECK(watcher.rest.find("Content-Length") == std::string::npos);
        const std::string data = "{\"x\":\"" + std::string(1000, 'x') + "\"}";
        constexpr int events = 4000;  // four megabytes, more than any socket keeps
        served.loop.post([&] {
            for (int i = 0; i < events; ++i) served.history.add("e", data);
            served.listener.push_events();
        });
        while (watcher.rest.find("id: 4000\n") == std::string::npos) REQUIRE(watcher.read_some());
        served.loop.post([&] {
            served.history.add("the.last", "{}");
            served.listener.push_events();
        });
        while (!watcher.rest.ends_with("event: the.last\ndata: {}\n\n")) REQUIRE(watcher.read_some());
    });
}

TEST_CASE("a running server tells its health, its metrics and its rooms") {
    auto config = load_config({"",
                               {},
                               {"sip.listen=udp://127.0.0.1:0", "log.format=json", "log.level=error",
                                "media.workers=1", "media.ports=43200-43299", "http.listen=127.0.0.1:0"}});
    REQUIRE(config.ok());
    auto server = std::move(*Server::start(*config));
    std::thread thread([&] { server->run(); });
    Client client(*server->http_bound());
    CHECK(client.ask("GET /healthz").ends_with("\r\n\r\nok\n"));
    CHECK(client.ask("GET /readyz").ends_with("\r\n\r\nready\n"));
    CHECK(client.ask("GET /metrics").find("\nrotunda_calls 0\n") != std::string::npos);
    CHECK(client.ask("GET /v1/rooms").ends_with("\r\n\r\n{\"rooms\":[]}"));
    CHECK(client.ask("GET /v1/rooms/1000").starts_with("HTTP/1.1 404 Not Found\r\n"));
    CHECK(client.ask("POST /v1/drain").starts_with("HTTP/1.1 202 Accepted\r\n"));
    thread.join();  // nobody is in a call: drained, the server ends
}

TEST_CASE(
    "an address chosen for HTTP that cannot be had keeps the server from starting; the default one does "
    "not") {
    const FileDescriptor taken = *open_socket(SOCK_STREAM, {IpAddress::v4(0x7f000001), 0});
    REQUIRE(listen(taken.get(), 1) == 0);
    const std::string at = local_endpoint(taken.get())->to_string();
    auto config =
        load_config({"", {}, {"sip.listen=udp://127.0.0.1:0", "log.level=error", "http.listen=" + at}});
    REQUIRE(config.ok());
    auto refused = Server::start(*config);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("http.listen: cannot listen on " + at) == 0);
    config->http.chosen = false;
    auto served = Server::start(*config);
    REQUIRE(served.ok());
    CHECK_FALSE((*served)->http_bound());
}
