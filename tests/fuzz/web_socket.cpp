// Any octets from a browser: cut at random they give the events they give in one piece, and what is kept is
// bounded. The upgrade is put in front of three inputs of four, so that frames are reached.
#include "server/web_socket.hpp"

#include "base/random.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using rotunda::fuzz::require;
using rotunda::server::WebSocket;

namespace {

constexpr std::string_view upgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
    "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
const std::vector<std::string> anybody;

struct Client {
    void feed(std::string_view octets) {
        socket.receive(octets, reply);
        require(socket.buffered() <= 2 * WebSocket::largest_message + octets.size(),
                "what is kept is bounded");
        while (auto event = socket.next()) {
            require(event->payload.size() <= WebSocket::largest_message, "no message is too large");
            failed = failed || event->kind == WebSocket::Event::Kind::failed;
            events += std::to_string(static_cast<int>(event->kind)) + event->payload + "|";
        }
    }
    WebSocket socket{anybody};
    std::string reply, events;
    bool failed = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string stream(fuzz::as_text(data, size));
    if (size % 4 != 0) stream.insert(0, upgrade);
    Client whole, pieces;
    whole.feed(stream);
    SeededRandom random(size);
    for (std::string_view rest = stream; !rest.empty();) {
        const std::string_view piece = rest.substr(0, 1 + random.next() % 40);
        rest.remove_prefix(piece.size());
        pieces.feed(piece);
    }
    // At once, more messages may come than are taken; then the connection is given up.
    if (!whole.failed) {
        require(pieces.events == whole.events, "the same events in pieces as in one");
        require(pieces.reply == whole.reply, "the same replies");
    }
    return 0;
}
