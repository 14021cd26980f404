// What is posted to operators' programs, and what becomes of them that do not answer.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/log_writer.hpp"
#include "server/socket.hpp"
#include "server/webhook_request.hpp"
#include "server/webhooks.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

struct NoLog final : LogSink {
    void write(const LogRecord&) override {}
};

template <typename Condition>
bool comes(Condition condition, std::chrono::milliseconds patience = 5s) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until) {
        if (condition()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

// A program that answers each request in turn with the next of `statuses`, and then no more.
struct Program {
    explicit Program(std::vector<int> statuses)
        : listener(*open_socket(SOCK_STREAM, {IpAddress::v4(0x7f000001), 0})) {
        REQUIRE(::listen(listener.get(), 8) == 0);
        url = "http://" + local_endpoint(listener.get())->to_string() + "/hook?x=1";
        thread = std::thread([this, statuses = std::move(statuses)] {
            for (const int status : statuses) serve(status);
        });
    }
    ~Program() { thread.join(); }
    void serve(int status) {
        FileDescriptor peer;
        comes([&] { return bool(peer = FileDescriptor(accept(listener.get(), nullptr, nullptr))); });
        char buffer[4096];
        std::string request;
        while (request.find("\"data\":") == request.npos) {
            const ssize_t size = recv(peer.get(), buffer, sizeof buffer, 0);
            if (size <= 0) break;
            request.append(buffer, static_cast<std::size_t>(size));
        }
        const std::string answer = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n";
        (void)!::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        last = request;
    }
    FileDescriptor listener;
    std::string url, last;
    std::thread thread;
};

// A name server that does not answer for "hangs.test" until it is told to.
struct NameServer {
    std::mutex mutex;
    std::condition_variable changed;
    int asked = 0;
    bool answers = false;

    void wait() {
        std::unique_lock lock(mutex);
        ++asked;
        changed.wait(lock, [this] { return answers; });
    }
    int waiting() {
        const std::lock_guard lock(mutex);
        return asked;
    }
    void answer() {
        const std::lock_guard lock(mutex);
        answers = true;
        changed.notify_all();
    }
} name_server;

}  // namespace

// In place of the C library's, for all of this program.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* wanted, addrinfo** found) {
    if (host && std::string_view(host) == "hangs.test") {
        name_server.wait();
        return EAI_AGAIN;
    }
    return reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"))(host, service, wanted,
                                                                                     found);
}

TEST_CASE("a name server that does not answer holds up no reload, and what waited is counted as lost") {
    SystemClock clock;
    NoLog log;
    Webhooks hooks(clock, log);
    std::vector<ConfiguredWebhook> ten;
    for (int i = 0; i < 10; ++i) ten.push_back({"http://hangs.test/" + std::to_string(i), "", {}});
    hooks.configure(ten);
    hooks.tell(1, "call.joined", "{}");
    REQUIRE(comes([] { return name_server.waiting() == 10; }));
    hooks.tell(2, "call.ended", "{}");
    CHECK(hooks.unsent() == 20);
    const TimePoint from = clock.now();
    hooks.configure({});
    CHECK(clock.now() - from < 400ms);  // less than one of them would be waited for
    CHECK(hooks.unsent() == 0);
    CHECK(hooks.counters().waiting == 0);
    CHECK(hooks.counters().lost == 10);
    name_server.answer();
    CHECK(comes([&] { return hooks.counters().lost == 20; }));
    hooks.configure({});
    CHECK(hooks.counters().lost == 20);
}

TEST_CASE("a webhook's address is http or https with host, port and path") {
    const auto url = WebhookUrl::parse("https://example.com/a?b=c");
    REQUIRE(url);
    CHECK(url->secure);
    CHECK(url->port == "443");
    CHECK(url->target == "/a?b=c");
    CHECK(WebhookUrl::parse("http://[::1]:8080")->host == "::1");
    CHECK(WebhookUrl::parse("http://h?x")->target == "/?x");
    for (const char* bad : {"", "ftp://x", "http://", "http://user@h/", "http://h/a b", "http://h\r\n/"})
        CHECK_FALSE(WebhookUrl::parse(bad));
}

TEST_CASE("the signature is HMAC-SHA-256 over time and body") {
    // openssl: printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    CHECK(webhook_signature("secret", 1'700'000'000, "{}") ==
          "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163");
    const std::string request = webhook_request(*WebhookUrl::parse("http://h/x"),
                                                {5, "call.joined", "{\"room\":\"1000\"}"}, "secret", 7);
    const std::string body = R"({"id":5,"event":"call.joined","data":{"room":"1000"}})";
    CHECK(request.ends_with("\r\n\r\n" + body));
    CHECK(request.find("X-Rotunda-Signature: " + webhook_signature("secret", 7, body)) != request.npos);
    CHECK(request.find("Content-Length: " + std::to_string(body.size())) != request.npos);
}

TEST_CASE("an event is posted, again after a refusal, and only where it is wanted") {
    SystemClock clock;
    NoLog log;
    Program program({500, 204});
    Webhooks hooks(clock, log);
    hooks.configure({{program.url, "secret", {"call."}}});
    hooks.tell(1, "room.opened", "{}");
    hooks.tell(2, "call.joined", "{}");
    CHECK(comes([&] { return hooks.counters().sent == 1; }));
    CHECK(hooks.counters().retries == 1);
    CHECK(program.last.find("POST /hook?x=1 HTTP/1.1") == 0);
    CHECK(program.last.find("\"id\":2") != program.last.npos);
}

TEST_CASE("what is refused for good is given up at once, so that the next event need not wait for it") {
    SystemClock clock;
    NoLog log;
    Program program({410, 429, 204, 204});
    Webhooks hooks(clock, log);
    hooks.configure({{program.url, "secret", {}}});
    hooks.tell(1, "call.joined", "{}");
    hooks.tell(2, "call.joined", "{}");
    hooks.tell(3, "call.joined", "{}");
    CHECK(comes([&] { return hooks.counters().sent == 2; }));
    CHECK(hooks.counters().lost == 1);
    CHECK(hooks.counters().retries == 1);
    CHECK(program.last.find("\"id\":3") != program.last.npos);
}

TEST_CASE("a program that cannot be reached costs a bounded queue and no time at the end") {
    SystemClock clock;
    NoLog log;
    const TimePoint from = clock.now();
    {
        Webhooks hooks(clock, log);
        hooks.configure({{"http://127.0.0.1:1/", "", {}}});
        for (std::uint64_t id = 1; id <= 5000; ++id) hooks.tell(id, "call.joined", "{}");
        CHECK(hooks.counters().waiting <= 1000);
        CHECK(hooks.counters().lost >= 3999);
    }
    CHECK(clock.now() - from < 2s);
}
