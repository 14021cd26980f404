// The HTTP side of a running server, over real sockets.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

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

// The real one, until somebody lets time pass.
struct SkippingClock final : Clock {
    TimePoint now() const override { return real.now() + Duration(skipped.load()); }
    WallTime wall() const override { return real.wall(); }
    SystemClock real;
    std::atomic<Duration::rep> skipped{0};
};

// A listener that answers with the path, on the test's own thread.
struct Served : LoopFixture {
    explicit Served(const HttpConnectionLimits& limits = {}, HttpListener::Knows knows = {})
        : listener(
              loop, skipping, history, log, [this](const api::HttpRequest& asked) { return answer(asked); },
              limits, std::move(knows)) {
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
        api::HttpResponse response =
            api::text(asked.path == "/large" ? std::string(4 << 20, 'x') : asked.path);
        if (asked.path == "/events") response.events_after = history.last();
        return response;
    }
    std::uint64_t refused(HttpRefusals::Kind kind) const { return listener.refusals().count(kind); }
    struct Log final : LogSink {
        void write(const LogRecord& record) override { records.push_back(record); }
        std::vector<LogRecord> records;
    } log;
    SkippingClock skipping;
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
        Client large(served.at);
        large.send("POST /a HTTP/1.1\r\nContent-Length: 70000\r\n\r\n");
        CHECK(large.receive().starts_with("HTTP/1.1 413 "));
        CHECK(Client(served.at).ask("GET /a").ends_with("/a"));
    });
    CHECK(served.refused(HttpRefusals::Kind::malformed) == 2);
    REQUIRE(served.log.records.size() == 1);
    CHECK(served.log.records[0].fields[0].second == "malformed");
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
        // Who watches over the server has an answer all the same, though no more often than others.
        for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
            client.send("GET " + std::string(path) + " HTTP/1.1\r\n\r\n");
            CHECK(client.receive().starts_with("HTTP/1.1 200 OK\r\n"));
        }
        std::string watching;
        for (int i = 0; i < 300; ++i) watching += "GET /metrics HTTP/1.1\r\n\r\n";
        for (int i = 0; i < 6; ++i) client.send(watching);
        for (int i = 0; i < 1800; ++i) last = client.receive();
        CHECK(last.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    });
    CHECK(served.refused(HttpRefusals::Kind::rate) > 0);
}

TEST_CASE("who shows no token that is known takes no answers from operators, and tries few") {
    Served served({}, [](const api::HttpRequest& asked) { return asked.authorization == "Bearer right"; });
    served.with([&] {
        Client stranger(served.at), prober(served.at), operators(served.at);
        std::string many;
        for (int i = 0; i < 300; ++i) many += "GET /x HTTP/1.1\r\nAuthorization: Bearer wrong\r\n\r\n";
        for (int n = 0; n < 2; ++n) stranger.send(many);
        int answered = 0;
        for (int i = 0; i < 600; ++i) answered += stranger.receive().starts_with("HTTP/1.1 200 ") ? 1 : 0;
        CHECK(answered < 600);
        std::string watching;
        for (int i = 0; i < 300; ++i) watching += "GET /metrics HTTP/1.1\r\n\r\n";
        for (int i = 0; i < 6; ++i) prober.send(watching);
        for (int i = 0; i < 1800; ++i) prober.receive();
        for (const char* path : {"/x", "/metrics"}) {
            operators.send("GET " + std::string(path) + " HTTP/1.1\r\nAuthorization: Bearer right\r\n\r\n");
            CHECK(operators.receive().starts_with("HTTP/1.1 200 OK\r\n"));
        }
    });
}

TEST_CASE("what strangers ask of health and metrics leaves the health check of this host its answer") {
    Served served({}, [](const api::HttpRequest& asked) { return asked.authorization == "Bearer right"; });
    served.with([&] {
        Client stranger(served.at), check(served.at);
        std::string many;
        for (int i = 0; i < 60; ++i) many += "GET /metrics HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n";
        int refused = 0;
        for (int n = 0; n < 10; ++n) stranger.send(many);
        for (int i = 0; i < 600; ++i) refused += stranger.receive().starts_with("HTTP/1.1 429 ") ? 1 : 0;
        CHECK(refused > 0);
        for (int i = 0; i < 600; ++i) REQUIRE(check.ask("GET /readyz").starts_with("HTTP/1.1 200 "));
    });
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

TEST_CASE("so many may listen to events that others still find a place; one more is told to come again") {
    Served served;
    served.with([&] {
        std::vector<std::unique_ptr<Client>> watchers;
        for (int i = 0; i < 192; ++i) {
            watchers.push_back(std::make_unique<Client>(served.at));
            watchers.back()->send("GET /events HTTP/1.1\r\n\r\n");
            REQUIRE(watchers.back()->read_some());
            REQUIRE(watchers.back()->rest.starts_with("HTTP/1.1 200 OK\r\n"));
        }
        // As many again as there are connections in all: each gives its place back at once.
        for (int i = 0; i < 300; ++i) {
            Client late(served.at);
            const std::string refused = late.ask("GET /events");
            REQUIRE(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
            CHECK(refused.find("Retry-After: 10\r\n") != refused.npos);
            CHECK(refused.find("Connection: close\r\n") != refused.npos);
            CHECK(late.closed());
        }
        CHECK(Client(served.at).ask("GET /healthz").ends_with("/healthz"));
        watchers.pop_back();
        // The server has seen its end when it has answered somebody after it.
        CHECK(Client(served.at).ask("GET /healthz").ends_with("/healthz"));
        Client next(served.at);
        next.send("GET /events HTTP/1.1\r\n\r\n");
        REQUIRE(next.read_some());
        CHECK(next.rest.starts_with("HTTP/1.1 200 OK\r\n"));
    });
    CHECK(served.refused(HttpRefusals::Kind::stream) == 300);
    CHECK(served.refused(HttpRefusals::Kind::place) == 0);
    // One line for all of them, that says who it was.
    REQUIRE(served.log.records.size() == 1);
    CHECK(served.log.records[0].event == "http.refused");
    CHECK(served.log.records[0].fields[1].second == "127.0.0.1");
}

TEST_CASE("where all places are taken, who has been answered or says nothing for a second gives way") {
    Served served;
    served.with([&] {
        Client watcher(served.at);
        watcher.send("GET /events HTTP/1.1\r\n\r\n");
        REQUIRE(watcher.read_some());
        const TimePoint begun = served.skipping.real.now();
        std::vector<std::unique_ptr<Client>> silent;
        for (int i = 0; i < 255; ++i) {
            silent.push_back(std::make_unique<Client>(served.at));
            silent.back()->send("GET");
        }
        // A slow machine is given the time back that all this took.
        const Duration lost = served.skipping.real.now() - begun - 500ms;
        if (lost > Duration(0)) served.skipping.skipped = -lost.count();
        // Who has only begun to speak has a second for it.
        CHECK(Client(served.at).closed());
        silent[5]->send(" /x HTTP/1.1\r\n\r\n");
        REQUIRE(silent[5]->receive().ends_with("/x"));
        Client late(served.at);
        CHECK(late.ask("GET /healthz").ends_with("/healthz"));
        CHECK(silent[5]->closed());
        late.send("GET");
        served.skipping.skipped = Duration(1100ms).count();
        silent[0]->send(" /y HTTP/1.1\r\n\r\n");
        REQUIRE(silent[0]->receive().ends_with("/y"));
        CHECK(Client(served.at).ask("GET /healthz").ends_with("/healthz"));
        CHECK(silent[1]->closed());
        CHECK(silent[0]->ask("GET /z").ends_with("/z"));
        // Whatever happens to others, who listens to events listens on.
        served.loop.post([&] {
            served.history.add("e", "{}");
            served.listener.push_events();
        });
        while (watcher.rest.find("event: e\n") == std::string::npos) REQUIRE(watcher.read_some());
    });
    CHECK(served.refused(HttpRefusals::Kind::place) == 1);
    CHECK(served.listener.counters().displaced == 2);
}

TEST_CASE("where all places are taken by requests that drip in, who asks is answered all the same") {
    Served served;
    served.with([&] {
        // So many turns of the loop accept all and read what they have sent.
        const auto all_is_read = [&] {
            for (int turn = 0; turn < 16; ++turn) {
                std::atomic<bool> turned{false};
                served.loop.post([&] { turned = true; });
                while (!turned) std::this_thread::yield();
            }
        };
        std::vector<std::unique_ptr<Client>> dripping;
        for (int i = 0; i < 256; ++i) dripping.push_back(std::make_unique<Client>(served.at));
        for (const char* octet : {"G", "E"}) {
            for (const auto& each : dripping) each->send(octet);
            all_is_read();
            served.skipping.skipped += Duration(600ms).count();
        }
        CHECK(Client(served.at).ask("GET /healthz").ends_with("/healthz"));
    });
    CHECK(served.refused(HttpRefusals::Kind::place) == 0);
    CHECK(served.listener.counters().displaced == 1);
}

TEST_CASE("a request has to be whole in time, however steadily its octets come") {
    Served served({.request = 100ms});
    served.with([&] {
        Client slow(served.at);
        slow.send("GET /");
        pollfd watched{slow.fd.get(), POLLIN, 0};
        int octets = 0;
        while (octets < 300 && poll(&watched, 1, 10) == 0 && ::send(slow.fd.get(), "x", 1, MSG_NOSIGNAL) == 1)
            ++octets;
        CHECK(octets < 300);
        CHECK(slow.closed());
    });
    CHECK(served.refused(HttpRefusals::Kind::slow) == 1);
}

TEST_CASE("whose next request waits to be read does not give way") {
    Served served;
    served.with([&] {
        std::vector<std::unique_ptr<Client>> rested;
        for (int i = 0; i < 256; ++i) {
            rested.push_back(std::make_unique<Client>(served.at));
            REQUIRE(rested.back()->ask("GET /x").ends_with("/x"));
        }
        // While the loop is busy somebody new comes first, then the one who is silent longest asks.
        std::atomic<bool> busy{true}, begun{false};
        served.loop.post([&] {
            begun = true;
            while (busy) std::this_thread::sleep_for(1ms);
        });
        while (!begun) std::this_thread::yield();
        Client late(served.at);
        rested[0]->send("GET /y HTTP/1.1\r\n\r\n");
        busy = false;
        CHECK(rested[0]->receive().ends_with("/y"));
        CHECK(late.ask("GET /z").ends_with("/z"));
        CHECK(rested[1]->closed());
    });
    CHECK(served.listener.counters().displaced == 1);
}

TEST_CASE("what is refused is told at once, then once a minute with how often it was") {
    SkippingClock clock;
    Served::Log log;
    HttpRefusals refusals(log, clock);
    const IpAddress from = IpAddress::v4(0xc0000201);
    for (int i = 0; i < 5; ++i) refusals.tell(HttpRefusals::Kind::token, from);
    refusals.tell(HttpRefusals::Kind::rate, from);
    REQUIRE(log.records.size() == 2);
    CHECK(log.records[0].fields[0].second == "token");
    CHECK(log.records[0].fields[2].second == "1");
    CHECK(log.records[1].fields[0].second == "rate");
    clock.skipped = Duration(61s).count();
    refusals.tell(HttpRefusals::Kind::token, from);
    REQUIRE(log.records.size() == 3);
    CHECK(log.records[2].fields[1].second == "192.0.2.1");
    CHECK(log.records[2].fields[2].second == "5");
    CHECK(refusals.count(HttpRefusals::Kind::token) == 6);
}

TEST_CASE("who stops in the middle of a request, or does not take an answer, is disconnected and counted") {
    std::atomic<std::uint64_t> seen{0};
    Served served({.request = 50ms, .drain = 50ms});
    served.with([&] {
        Client slow(served.at), deaf(served.at), quiet(served.at);
        CHECK(quiet.ask("GET /x").ends_with("/x"));
        slow.send("GET /x");
        CHECK(slow.closed());
        // More than its socket takes, as long as nobody reads.
        for (int i = 0; i < 10; ++i) deaf.send("GET /large HTTP/1.1\r\n\r\n");
        for (int turn = 0; turn < 300 && seen < 2; ++turn) {
            served.loop.post([&] { seen = served.refused(HttpRefusals::Kind::slow); });
            std::this_thread::sleep_for(10ms);
        }
        CHECK(quiet.ask("GET /z").ends_with("/z"));
    });
    CHECK(served.refused(HttpRefusals::Kind::slow) == 2);
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
