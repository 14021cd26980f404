#include "server/server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>

#include "running_server.hpp"
#include "server/media_port_pool.hpp"
#include "server/media_worker.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

TEST_CASE("the server answers OPTIONS and ends at once when nobody is in a call") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.send(phone.request("OPTIONS", ""));
    CHECK(phone.receive().starts_with("SIP/2.0 200"));
    running.server->drain();
    CHECK(running.join() < at_once);
}

TEST_CASE("told to stop it hangs up and ends when the BYE is answered") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.call();
    running.server->drain();
    const std::string bye = phone.receive_starting("BYE");
    REQUIRE_FALSE(bye.empty());
    CHECK(bye.find("Reason: SIP;cause=503") != std::string::npos);
    phone.answer(bye);
    CHECK(running.join() < at_once);
}

TEST_CASE("a phone that does not answer the BYE holds it no longer than a farewell") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.call();
    running.server->drain();
    CHECK_FALSE(phone.receive_starting("BYE").empty());
    CHECK(running.join() < soon);
}

TEST_CASE("a phone that never acknowledged its call gets a BYE before the end all the same") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.call(false);
    running.server->drain();
    CHECK(running.join() < soon);
    CHECK_FALSE(phone.receive_starting("BYE").empty());
}

TEST_CASE("while it drains new calls are refused and running ones go on; a second signal ends it at once") {
    Running running(quiet({"drain.deadline=1h"}));
    Phone phone(running.server->bound()[0].endpoint);
    const std::string tag = phone.call();
    running.server->drain();
    // The request to drain and a datagram have no order between them.
    for (std::string answer = "SIP/2.0 200"; answer.starts_with("SIP/2.0 200");) {
        Phone asking(running.server->bound()[0].endpoint);
        asking.send(asking.request("OPTIONS", ""));
        answer = asking.receive();
        if (answer.starts_with("SIP/2.0 200")) continue;
        CHECK(answer.starts_with("SIP/2.0 503"));
        CHECK(answer.find("Retry-After:") != std::string::npos);
    }
    Phone late(running.server->bound()[0].endpoint);
    late.send(late.request("INVITE", ""));
    const std::string refused = late.receive_starting("SIP/2.0 5");
    CHECK(refused.starts_with("SIP/2.0 503"));
    CHECK(refused.find("Retry-After:") != std::string::npos);
    CHECK_FALSE(running.ended);
    running.server->drain();
    CHECK(running.join() < at_once);
}

TEST_CASE("a drain ends with the last call") {
    Running running(quiet({"drain.deadline=1h"}));
    Phone phone(running.server->bound()[0].endpoint);
    const std::string tag = phone.call();
    running.server->drain();
    std::string bye = phone.request("BYE", tag);
    bye.replace(bye.find("CSeq: 1"), 7, "CSeq: 2");
    phone.send(bye);
    CHECK_FALSE(phone.receive_starting("SIP/2.0 200").empty());
    CHECK(running.join() < at_once);
}

namespace {

// Its last call is over and an event of it waits for a program that is not there.
struct Untold : Running {
    Untold() : Running(quiet({"webhooks=[{url: 'http://127.0.0.1:1/', events: [call.ended]}]"})) {
        Phone phone(server->bound()[0].endpoint);
        phone.call();
        server->drain();
        const std::string bye = phone.receive_starting("BYE");
        REQUIRE_FALSE(bye.empty());
        phone.answer(bye);
    }
};

}  // namespace

TEST_CASE("an event that nobody takes holds the end no longer than five seconds") {
    Untold running;
    const Duration waited = running.join();
    CHECK(waited > 3s);
    CHECK(waited < 7s);
}

TEST_CASE("a second signal ends it also while events wait") {
    Untold running;
    std::this_thread::sleep_for(500ms);
    REQUIRE_FALSE(running.ended);
    running.server->drain();
    CHECK(running.join() < at_once);
}

TEST_CASE("a port in use stops the start with one line") {
    Running running(quiet());
    const std::string used = running.server->bound()[0].endpoint.to_string();
    auto second = Server::start(quiet({"sip.listen=udp://" + used}));
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().message.starts_with("sip.listen: udp://" + used +
                                             ": already in use by another program; "));
    CHECK(second.error().message.find('\n') == std::string::npos);
}

TEST_CASE("a media worker runs a leg, reports its end and gives the ports back") {
    SystemClock clock;
    SeededRandom random(1);
    LocalAddresses routes(clock);
    const AdvertisedAddresses advertised{Config()};
    Config::Media media;
    media.ports = {43100, 43109};
    UdpPortPool pool(media, clock, routes, advertised, random);

    std::atomic<int> ended{0};
    {
        MediaWorker worker(clock, nullptr, [&](std::vector<media::RoomEvent> events) {
            for (const auto& event : events) ended += std::holds_alternative<media::LegEnded>(event);
        });
        const media::RoomId room{1};
        const media::ParticipantId participant{1};
        media::JoinRoom join{room, participant, *pool.reserve(IpAddress::v4(0x7f000001)), {}, "cname"};
        join.audio.receive = {{0, AudioCodec::pcmu}};
        CHECK(pool.free() == 4);
        worker.post(media::OpenRoom{room, {}});
        worker.post(std::move(join));
        worker.post(media::LeaveRoom{room, participant});
        worker.post(media::CloseRoom{room});
    }
    CHECK(ended == 1);
    CHECK(pool.free() == 5);
}

TEST_CASE("media workers start and stop without work") {
    SystemClock clock;
    for (int i = 0; i < 20; ++i) MediaWorker(clock, nullptr, [](auto) {});
}
