// RFC 6455 as RFC 7118 uses it: the server's side, octet by octet.
#include "server/web_socket.hpp"

#include <doctest/doctest.h>

#include <string>

#include "server/web_socket_upgrade.hpp"

using namespace rotunda::server;
using Kind = WebSocket::Event::Kind;

namespace {

const std::vector<std::string> anybody;

std::string upgrade_request(std::string_view extra = "", std::string_view protocol = "sip") {
    return "GET /sip HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, "
           "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: " +
           std::string(protocol) + "\r\n" + std::string(extra) + "\r\n";
}

std::string masked(int opcode, std::string payload, bool last = true) {
    const std::string key = "\x11\x22\x33\x44";
    std::string out(1, static_cast<char>((last ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
        out += static_cast<char>(0x80 | payload.size());
    } else {
        out += static_cast<char>(0x80 | 126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size());
    }
    out += key;
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= key[i % 4];
    return out + payload;
}

struct Client {
    Client() {
        socket.receive(upgrade_request(), reply);
        REQUIRE(reply.starts_with("HTTP/1.1 101 "));
        reply.clear();
    }
    // What the octets lead to: messages as they are, "closed", "failed".
    std::vector<std::string> send(std::string_view octets) {
        socket.receive(octets, reply);
        std::vector<std::string> events;
        while (auto event = socket.next())
            events.push_back(event->kind == Kind::message  ? event->payload
                             : event->kind == Kind::closed ? "closed"
                                                           : "failed");
        return events;
    }
    WebSocket socket{anybody};
    std::string reply;
};

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("the upgrade is answered with the proof of RFC 6455 1.3 and the sub-protocol") {
    CHECK(web_socket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const auto answer = answer_upgrade(upgrade_request(), {});
    CHECK(answer.accepted);
    CHECK(answer.response.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
          std::string::npos);
    CHECK(answer.response.find("\r\nSec-WebSocket-Protocol: sip\r\n") != std::string::npos);
    CHECK(answer_upgrade(upgrade_request("", "chat, SIP"), {}).accepted);
}

TEST_CASE("who does not ask for SIP over WebSocket 13 is refused") {
    const auto refused = [](std::string from, std::string to) {
        std::string request = upgrade_request();
        request.replace(request.find(from), from.size(), to);
        return answer_upgrade(request, {}).response.substr(9, 3);
    };
    CHECK(refused("GET", "PUT") == "400");
    CHECK(refused("Upgrade: websocket", "Upgrade: h2c") == "426");
    CHECK(refused("Version: 13", "Version: 8") == "426");
    CHECK(refused("Host:", "Most:") == "400");
    CHECK(refused("Protocol: sip", "Protocol: xmpp") == "400");
    CHECK(refused("dGhlIHNhbXBsZSBub25jZQ==", "dGhl") == "400");
}

TEST_CASE("only pages of the origins named may come, if any are named") {
    const std::vector<std::string> ours = {"https://meet.example.com"};
    CHECK(answer_upgrade(upgrade_request("Origin: https://meet.example.com\r\n"), ours).accepted);
    CHECK(answer_upgrade(upgrade_request("Origin: https://evil.example.com\r\n"), ours)
              .response.starts_with("HTTP/1.1 403"));
    CHECK_FALSE(answer_upgrade(upgrade_request(), ours).accepted);
}

TEST_CASE("messages come whole, in one frame or many, however the octets are cut") {
    const std::string octets = masked(1, "first") + masked(2, std::string(300, 'x')) +
                               masked(1, "sec", false) + masked(9, "are you there") + masked(0, "ond", true);
    const Events expected = {"first", std::string(300, 'x'), "second"};
    Client at_once;
    CHECK(at_once.send(octets) == expected);
    CHECK(at_once.reply == std::string("\x8a\x0d") + "are you there");
    Client octet_wise;
    Events events;
    for (const char c : octets)
        for (const std::string& event : octet_wise.send({&c, 1})) events.push_back(event);
    CHECK(events == expected);
    CHECK_FALSE(octet_wise.socket.mid_message());
}

TEST_CASE("frames against the rules end the connection with their code") {
    const auto code = [](const std::string& octets) {
        Client client;
        CHECK(client.send(octets) == Events{"failed"});
        REQUIRE(client.reply.size() == 4);
        // Nothing more is read.
        CHECK(client.send(masked(1, "late")).empty());
        return (static_cast<unsigned char>(client.reply[2]) << 8) +
               static_cast<unsigned char>(client.reply[3]);
    };
    CHECK(code(WebSocket::frame("not masked")) == 1002);
    CHECK(code(masked(3, "an opcode nobody knows")) == 1002);
    CHECK(code(masked(0, "continues nothing")) == 1002);
    CHECK(code(masked(1, "a", false) + masked(1, "b")) == 1002);
    CHECK(code(masked(9, std::string(126, 'x'))) == 1002);
    CHECK(code(masked(9, "ping in pieces", false)) == 1002);
    std::string reserved = masked(1, "compressed");
    reserved[0] |= 0x40;
    CHECK(code(reserved) == 1002);
    std::string endless = std::string("\x82\xff", 2) + std::string(8, '\x7f') + "mask";
    CHECK(code(endless) == 1009);
    std::string pieces = masked(1, std::string(40'000, 'x'), false) + masked(0, std::string(40'000, 'x'));
    CHECK(code(pieces) == 1009);
}

TEST_CASE("a close is answered with its own code") {
    Client client;
    CHECK(client.send(masked(8, std::string("\x03\xe9") + "gone")) == Events{"closed"});
    CHECK(client.reply == "\x88\x02\x03\xe9");
}

TEST_CASE("an upgrade that never ends is cut off") {
    WebSocket socket(anybody);
    std::string reply;
    socket.receive("GET / HTTP/1.1\r\n" + std::string(10'000, 'x'), reply);
    CHECK(socket.next()->kind == Kind::failed);
    CHECK(socket.buffered() == 0);
}

TEST_CASE("what we send is one unmasked frame, text where it is UTF-8") {
    CHECK(WebSocket::frame("SIP") == "\x81\x03SIP");
    CHECK(WebSocket::frame("\xff") == "\x82\x01\xff");
    CHECK(WebSocket::frame(std::string(200, 'x')).starts_with(std::string("\x81\x7e\x00\xc8", 4)));
    CHECK(WebSocket::frame(std::string(70'000, 'x'))
              .starts_with(std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70", 10)));
}
