// Anybody's datagrams on a handshake that waits for its peer, cut as lengths in the input say: no keys for
// who cannot show the certificate, and never more bytes out than three times those in.
#include <algorithm>

#include "rtp/dtls_session.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto identity = [] {
        SeededRandom random(1);
        return DtlsIdentity::make(random);
    }();
    require(identity != nullptr, "there is an identity");
    const TimePoint now = TimePoint{} + std::chrono::seconds(1);
    const auto session = DtlsSession::make(*identity, {}, now);
    require(session != nullptr, "there is a session");
    const Endpoint source = *Endpoint::parse("192.0.2.1:4000");
    std::size_t sent = 0;
    for (std::size_t at = 0; at + 2 <= size;) {
        const std::size_t length = std::min<std::size_t>(data[at] << 8 | data[at + 1], size - at - 2);
        session->handle(Bytes(data + at + 2, length), source, now);
        at += 2 + length;
        for (const auto& datagram : session->take_datagrams()) sent += datagram.size();
    }
    require(session->state() != DtlsState::established && !session->keys(), "nobody forges a handshake");
    require(sent <= 3 * size, "nobody is flooded through us");
    return 0;
}
