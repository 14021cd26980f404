#include "rtp/srtp_session.hpp"
#include "tests/rtp/allocation_count.hpp"
#include "tests/rtp/srtp_support.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace rotunda::rtp::test;

TEST_CASE("SRTP takes no heap per packet, ours or OpenSSL's, whatever comes in") {
    for (SrtpSuite suite : every_suite) {
        SeededRandom random(1);
        const SrtpKeys keys{random_key(suite, random), random_key(suite, random)};
        const std::size_t nothing = allocation_count();
        const auto ours = SrtpSession::make(keys);
        const auto theirs = SrtpSession::make({keys.receive, keys.send});
        CHECK(allocation_count() > nothing + 20);  // OpenSSL's are counted
        Octets packet = rtp_packet(0, 7), report = rtcp_packet(7);
        const std::size_t size = packet.size(), report_size = report.size();
        packet.resize(size + max_srtp_overhead);
        report.resize(report_size + max_srtp_overhead);

        const std::size_t before = allocation_count();
        for (std::uint8_t n = 0; n < 100; ++n) {
            packet[3] = n;
            const std::size_t sealed = ours->protect_rtp(packet, size);
            const MutableBytes datagram = MutableBytes(packet).first(sealed);
            datagram[20] ^= 1;
            theirs->unprotect_rtp(datagram);
            datagram[20] ^= 1;
            theirs->unprotect_rtp(datagram);
            const std::size_t sealed_report = ours->protect_rtcp(report, report_size);
            theirs->unprotect_rtcp(MutableBytes(report).first(sealed_report));
        }
        CHECK(allocation_count() == before);
        CHECK(theirs->counters().not_authentic == 100);
    }
}
