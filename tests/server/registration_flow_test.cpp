// RFC 5626 on the wire: a contact registered over a connection is gone when the connection is.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "base/random.hpp"
#include "running_server.hpp"
#include "signaling/digest_client.hpp"
#include "signaling/parser.hpp"
#include "signaling/writer.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

Config with_alice() {
    Config config = quiet({"sip.listen=tcp://127.0.0.1:0", "sip.domains=example.com", "database.path="});
    config.users.push_back({"alice", "secret"});
    return config;
}

// A phone of alice's on a connection of its own.
struct Registrant {
    Registrant(const Endpoint& server, const std::string& name)
        : fd(*open_unbound_socket(SOCK_STREAM, server.address.family())),
          call_id(name),
          digest(std::vector{sip::DigestCredentials{"alice", "secret"}}),
          random(name.size()) {
        const SocketAddress address(server);
        const int result = connect(fd.get(), address.get(), address.size());
        REQUIRE((result == 0 || errno == EINPROGRESS));
        pollfd connected{fd.get(), POLLOUT, 0};
        REQUIRE(poll(&connected, 1, 3000) == 1);
    }

    // The final answer; an empty contact asks who is registered.
    sip::SipMessage registered(const std::string& contact) {
        for (;;) {
            sip::SipMessage request = this->request(contact);
            digest.authorize(request, random);
            const std::string bytes = sip::to_wire(request);
            REQUIRE(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                    static_cast<ssize_t>(bytes.size()));
            sip::SipMessage answer = receive();
            if (!digest.retry(request, answer)) return answer;
        }
    }
    sip::SipMessage request(const std::string& contact) {
        const sip::Uri domain = *sip::Uri::parse("sip:example.com");
        sip::SipMessage request = sip::SipMessage::request(sip::Method::register_, domain);
        request.add(sip::HeaderId::via,
                    "SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK" + call_id + std::to_string(++cseq));
        request.add(sip::HeaderId::max_forwards, "70");
        request.set_from(*sip::NameAddr::parse("<sip:alice@example.com>;tag=1"));
        request.set_to(*sip::NameAddr::parse("<sip:alice@example.com>"));
        request.set_call_id(call_id);
        request.set_cseq(cseq, sip::Method::register_);
        request.add(sip::HeaderId::supported, "path, outbound");
        if (!contact.empty()) request.add(sip::HeaderId::contact, contact);
        return request;
    }
    sip::SipMessage receive() {
        std::string text;
        pollfd watched{fd.get(), POLLIN, 0};
        while (!text.ends_with("\r\n\r\n") && poll(&watched, 1, 3000) > 0) {
            char buffer[4096];
            const ssize_t n = recv(fd.get(), buffer, sizeof buffer, 0);
            if (n <= 0) break;
            text.append(buffer, static_cast<std::size_t>(n));
        }
        return sip::parse_message(text).message;
    }

    FileDescriptor fd;
    std::string call_id;
    sip::DigestClient digest;
    SeededRandom random;
    std::uint32_t cseq = 0;
};

std::string flow_contact(const std::string& instance) {
    return "<sip:alice@127.0.0.1:9;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:" + instance + ">\"";
}

}  // namespace

TEST_CASE("a flow that closes while nothing is under way takes its contact with it, and no other") {
    Running running(with_alice());
    const Endpoint server = running.server->bound()[0].endpoint;
    Registrant watcher(server, "watcher");
    {
        Registrant desk(server, "desk"), mobile(server, "mobile");
        REQUIRE(desk.registered(flow_contact("desk")).status() == 200);
        REQUIRE(mobile.registered(flow_contact("mobile")).contacts().size() == 2);
        // The other one closes first, and is forgotten although nobody sends him anything.
        mobile.fd = FileDescriptor();
        std::size_t contacts = 2;
        for (int i = 0; i < 100 && contacts == 2; ++i) {
            std::this_thread::sleep_for(10ms);
            contacts = watcher.registered({}).contacts().size();
        }
        CHECK(contacts == 1);
        CHECK(desk.registered({}).contacts().size() == 1);
    }
    std::size_t contacts = 1;
    for (int i = 0; i < 100 && contacts > 0; ++i) {
        std::this_thread::sleep_for(10ms);
        contacts = watcher.registered({}).contacts().size();
    }
    CHECK(contacts == 0);
}
