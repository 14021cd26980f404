// Any datagram as SRTP and as SRTCP, under a key the fuzzer does not know and under one it does: what it
// makes is refused and left as it was, and what we protect is opened, whatever the plain packet.
#include <algorithm>
#include <vector>

#include "rtp/srtp_session.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

namespace {

using Octets = std::vector<std::uint8_t>;

void forge(SrtpSession& session, const Octets& datagram) {
    Octets copy = datagram;
    require(session.unprotect_rtp(copy).verdict != SrtpVerdict::opened, "nobody forges SRTP");
    require(session.unprotect_rtcp(copy).verdict != SrtpVerdict::opened, "nobody forges SRTCP");
    require(copy == datagram, "what is refused is as it was");
}

void round_trip(SrtpSession& session, const Octets& plain, bool rtcp) {
    Octets packet = plain;
    packet.resize(plain.size() + max_srtp_overhead);
    const std::size_t size =
        rtcp ? session.protect_rtcp(packet, plain.size()) : session.protect_rtp(packet, plain.size());
    if (size == 0) return;
    require(size <= packet.size(), "the protected packet is inside");
    packet.resize(size);
    const auto opened = rtcp ? session.unprotect_rtcp(packet) : session.unprotect_rtp(packet);
    require(opened.verdict == SrtpVerdict::opened && opened.size == plain.size(),
            "what we protect is opened");
    require(std::equal(plain.begin(), plain.end(), packet.begin()), "and is what it was");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    SrtpKey key;
    key.suite = static_cast<SrtpSuite>(data[0] % srtp_suite_facts.size());
    key.bytes[0] = 0x5a;
    const auto session = SrtpSession::make({key, key});
    require(session != nullptr, "a key makes a session");
    const Octets datagram(data + 1, data + size);
    forge(*session, datagram);
    round_trip(*session, datagram, false);
    round_trip(*session, datagram, true);
    return 0;
}
