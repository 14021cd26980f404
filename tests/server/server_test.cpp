#include "server/server.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "server/config_loader.hpp"
#include "server/media_port_pool.hpp"
#include "server/media_worker.hpp"
#include "server/socket.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

Config quiet(std::vector<std::string> more = {}) {
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
        std::string text = method + " sip:1000@" + server.to_string() + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
                           self.to_string() + ";branch=z9hG4bK" + std::to_string(++branch) +
                           ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:phone@" + self.to_string() +
                           ">;tag=1\r\nTo: <sip:1000@" + server.to_string() + ">" +
                           (in_dialog ? ";tag=" + to_tag : "") + "\r\nCall-ID: " + self.to_string() +
                           "\r\nCSeq: 1 " + method + "\r\nContact: <sip:phone@" + self.to_string() + ">\r\n";
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
    void answer(const std::string& received) {
        std::string response = "SIP/2.0 200 OK\r\n";
        for (std::string_view name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:"}) {
            const std::size_t at = received.find("\r\n" + std::string(name)) + 2;
            response += received.substr(at, received.find("\r\n", at) + 2 - at);
        }
        send(response + "Content-Length: 0\r\n\r\n");
    }

    FileDescriptor fd;
    Endpoint self;
    Endpoint server;
    int branch = 0;
};

}  // namespace

TEST_CASE("the server answers OPTIONS and ends at once when nobody is in a call") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.send(phone.request("OPTIONS", ""));
    CHECK(phone.receive().starts_with("SIP/2.0 200"));
    running.server->drain();
    CHECK(running.join() < 1s);
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
    CHECK(running.join() < 1s);
}

TEST_CASE("a phone that does not answer the BYE cannot hold it for two seconds") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.call();
    running.server->drain();
    CHECK_FALSE(phone.receive_starting("BYE").empty());
    CHECK(running.join() < 2s);
}

TEST_CASE("a phone that never acknowledged its call gets a BYE before the end all the same") {
    Running running(quiet());
    Phone phone(running.server->bound()[0].endpoint);
    phone.call(false);
    running.server->drain();
    CHECK(running.join() < 2s);
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
    }
    Phone late(running.server->bound()[0].endpoint);
    late.send(late.request("INVITE", ""));
    const std::string refused = late.receive_starting("SIP/2.0 5");
    CHECK(refused.starts_with("SIP/2.0 503"));
    CHECK(refused.find("Retry-After:") != std::string::npos);
    CHECK_FALSE(running.ended);
    running.server->drain();
    CHECK(running.join() < 1s);
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
    CHECK(running.join() < 1s);
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
        MediaWorker worker(clock, [&](std::vector<media::RoomEvent> events) {
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
    for (int i = 0; i < 20; ++i) MediaWorker(clock, [](auto) {});
}
