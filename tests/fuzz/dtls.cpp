// Anybody's datagrams on a handshake that waits for its peer, on either side, cut as lengths in the input
// say: no keys for who cannot show the certificate, and from the side that waits never more bytes out than
// three times those in.
#include <algorithm>

#include "rtp/dtls_session.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

namespace {

void run(DtlsRole role, Bytes input) {
    static const auto identity = [] {
        SeededRandom random(1);
        return DtlsIdentity::make(random);
    }();
    require(identity != nullptr, "there is an identity");
    const TimePoint now = TimePoint{} + std::chrono::seconds(1);
    DtlsSession::Config config;
    config.role = role;
    const auto session = DtlsSession::make(*identity, config, now);
    require(session != nullptr, "there is a session");
    session->start(now);
    const Endpoint source = *Endpoint::parse("192.0.2.1:4000");
    std::size_t sent = 0;
    for (std::size_t at = 0; at + 2 <= input.size();) {
        const std::size_t length =
            std::min<std::size_t>(input[at] << 8 | input[at + 1], input.size() - at - 2);
        session->handle(input.subspan(at + 2, length), source, now);
        at += 2 + length;
        for (const auto& datagram : session->take_datagrams()) sent += datagram.size();
    }
    require(session->state() != DtlsState::established && !session->keys(), "nobody forges a handshake");
    require(role == DtlsRole::active || sent <= 3 * input.size(), "nobody is flooded through us");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    for (const DtlsRole role : {DtlsRole::passive, DtlsRole::active}) run(role, Bytes(data, size));
    return 0;
}
