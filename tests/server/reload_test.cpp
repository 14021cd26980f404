// A configuration read again by a running server.
#include "server/reload.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <string>

#include "media/chime.hpp"
#include "running_server.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

Config text(const std::string& yaml) {
    auto config = load_config_text(yaml, "test.yaml");
    REQUIRE(config.ok());
    return *config;
}

// A server whose configuration file is `settings`.
struct Reloadable {
    explicit Reloadable(std::vector<std::string> settings)
        : server(std::move(*Server::start(quiet(settings), [this] { return read(); }))),
          thread([this] { server->run(); }) {
        current = std::move(settings);
    }
    ~Reloadable() {
        server->drain();
        server->drain();
        thread.join();
    }
    Result<Config> read() {
        const std::lock_guard lock(mutex);
        std::vector<std::string> settings = {"sip.listen=udp://127.0.0.1:0", "log.format=json",
                                             "log.level=error", "media.workers=1", "media.ports=43000-43099"};
        settings.insert(settings.end(), current.begin(), current.end());
        return load_config({"", {}, settings});
    }
    void reload_with(std::vector<std::string> settings) {
        {
            const std::lock_guard lock(mutex);
            current = std::move(settings);
        }
        server->reload();
    }
    // The status an INVITE to this room gets now.
    std::string status(const std::string& room) {
        Phone phone(server->bound()[0].endpoint);
        std::string invite = phone.request("OPTIONS", "");
        invite.replace(invite.find("sip:1000@"), 9, "sip:" + room + "@");
        phone.send(invite);
        return phone.receive().substr(8, 3);
    }
    bool comes_to(const std::string& room, const std::string& wanted) {
        for (int i = 0; i < 100; ++i) {
            if (status(room) == wanted) return true;
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }

    std::mutex mutex;
    std::vector<std::string> current;
    std::unique_ptr<Server> server;
    std::thread thread;
};

}  // namespace

TEST_CASE("of a new configuration live keys are taken, all others named as ignored") {
    const Config running = text("rooms: {max: 5}\nsip: {listen: \"udp://127.0.0.1:5060\"}\n");
    const Config read = text("rooms: {max: 6, factory: new}\nsip: {listen: \"udp://127.0.0.1:5070\"}\n");
    const Reload plan = plan_reload(running, read);
    CHECK(plan.config.rooms.max == 6);
    CHECK(plan.config.rooms.factory == "new");
    CHECK(plan.config.sip.listen[0].endpoint.port == 5060);
    CHECK(plan.changed == std::vector<std::string_view>{"rooms.factory", "rooms.max"});
    CHECK(plan.ignored == std::vector<std::string_view>{"sip.listen"});
}

TEST_CASE("the same configuration again changes nothing") {
    const Config config = text("rooms: {max: 5}\n");
    const Reload plan = plan_reload(config, config);
    CHECK(plan.changed.empty());
    CHECK(plan.ignored.empty());
}

TEST_CASE("a secret that is another one is a change, although none is shown") {
    const auto with = [](const std::string& secret) {
        return text("http.tokens: [{name: bot, secret: " + secret + "}]\nusers: [{name: anna, password: " +
                    secret + "}]\nwebhooks: [{url: http://h/, secret: " + secret +
                    "}]\ntrunks: [{name: t, proxy: sip:h, user: u, password: " + secret + "}]\n");
    };
    const Config running = with("correct-horse-battery");
    CHECK(plan_reload(running, with("correct-horse-battery")).changed.empty());
    CHECK(plan_reload(running, with("another-horse-battery")).changed ==
          std::vector<std::string_view>{"users", "trunks", "http.tokens", "webhooks"});
}

TEST_CASE("a reload adds rooms and takes them away, and a call in one of them goes on") {
    Reloadable running({"rooms.on_demand=", "rooms.list=1000"});
    CHECK(running.status("1000") == "200");
    CHECK(running.status("2000") == "404");
    Phone phone(running.server->bound()[0].endpoint);
    const std::string tag = phone.call();
    running.reload_with({"rooms.on_demand=", "rooms.list=2000"});
    CHECK(running.comes_to("2000", "200"));
    CHECK(running.status("1000") == "200");  // somebody is in it
    std::string bye = phone.request("BYE", tag);
    bye.replace(bye.find("CSeq: 1"), 7, "CSeq: 2");
    phone.send(bye);
    CHECK_FALSE(phone.receive_starting("SIP/2.0 200").empty());
    CHECK(running.comes_to("1000", "404"));
}

TEST_CASE("a configuration that is wrong changes nothing") {
    Reloadable running({"rooms.on_demand=", "rooms.list=1000"});
    running.reload_with({"rooms.on_demand=", "rooms.list=2000", "calls.max=none"});
    running.reload_with({"rooms.on_demand=", "rooms.list=2000", "sip.tls.certificate=/nonexistent"});
    CHECK(running.status("1000") == "200");
    CHECK(running.status("2000") == "404");
    running.reload_with({"rooms.on_demand=", "rooms.list=2000"});
    CHECK(running.comes_to("2000", "200"));
}

TEST_CASE("a deadline that changes while it drains counts from the drain's beginning") {
    Reloadable running({"drain.deadline=1s"});
    Phone phone(running.server->bound()[0].endpoint);
    phone.call();
    running.server->drain();
    running.reload_with({"drain.deadline=1h"});
    const int until_then = 1000 + static_cast<int>(media::closing_chime_lasts / 1ms) + 500;
    CHECK(phone.receive(until_then).empty());
    running.reload_with({"drain.deadline=2s"});  // which are over
    std::string got = phone.receive(until_then);
    CHECK(got.starts_with("BYE"));
    if (got.starts_with("BYE")) phone.answer(got);
}

TEST_CASE("while it drains new calls are sent to drain.redirect, with the room they wanted") {
    Running running(quiet({"drain.deadline=1h", "drain.redirect=sip:192.0.2.7:5070"}));
    Phone phone(running.server->bound()[0].endpoint);
    phone.call();
    running.server->drain();
    std::string answer;
    for (int i = 0; i < 100 && !answer.starts_with("SIP/2.0 302"); ++i) {
        Phone late(running.server->bound()[0].endpoint);
        late.send(late.request("INVITE", ""));
        answer = late.receive_starting("SIP/2.0 ");
        if (answer.starts_with("SIP/2.0 100")) answer = late.receive_starting("SIP/2.0 ");
    }
    CHECK(answer.starts_with("SIP/2.0 302"));
    CHECK(answer.find("Contact: <sip:1000@192.0.2.7:5070>") != answer.npos);
}

TEST_CASE("at the drain's deadline there is a chime, and then BYE with the reason") {
    Running running(quiet({"drain.deadline=100ms"}));
    Phone phone(running.server->bound()[0].endpoint);
    phone.call();
    const TimePoint from = running.clock.now();
    running.server->drain();
    std::string bye;
    while (bye.empty() && running.clock.now() - from < 10s) bye = phone.receive_starting("BYE");
    CHECK(running.clock.now() - from > media::closing_chime_lasts);
    CHECK(bye.find("Reason: SIP;cause=503") != bye.npos);
    phone.answer(bye);
    CHECK(running.join() < at_once);
}
