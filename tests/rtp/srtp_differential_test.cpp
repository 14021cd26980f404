// Our SRTP against libsrtp2, packet by packet.
#include "tests/rtp/srtp_reference.hpp"
#include "tests/rtp/srtp_support.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace rotunda::rtp::test;

namespace {

template <typename Session>
Octets protect(Session& session, Octets packet, bool rtcp) {
    const std::size_t size = packet.size();
    // libsrtp2 wants 32 bits aligned, and writes behind the tag's end at will.
    packet.resize(size + max_srtp_overhead + 128);
    packet.resize(rtcp ? session.protect_rtcp(packet, size) : session.protect_rtp(packet, size));
    return packet;
}

struct Result {
    SrtpVerdict verdict;
    Octets packet;  // opened only
    friend bool operator==(const Result&, const Result&) = default;
};

template <typename Session>
Result unprotect(Session& session, Octets datagram, bool rtcp) {
    const auto opened = rtcp ? session.unprotect_rtcp(datagram) : session.unprotect_rtp(datagram);
    datagram.resize(opened.verdict == SrtpVerdict::opened ? opened.size : 0);
    return {opened.verdict, datagram};
}

// A sender's life: gaps, two SSRCs, a wrap every 70 packets or so.
class Sender {
  public:
    explicit Sender(std::uint64_t seed) : random_(seed) {}
    Octets next() {
        const bool second = random_.u32() % 4 == 0;
        std::uint16_t& sequence = sequence_[second];
        sequence =
            static_cast<std::uint16_t>(sequence + 1 + (random_.u32() % 8 == 0 ? random_.u32() % 9000 : 0));
        return rtp_packet(sequence, second ? 0x01020304 : 0xcafebabe, random_.u32() % 400,
                          random_.u32() % 16 == 0 ? 3 : 0, random_.u32() % 8 == 0 ? 2 : -1);
    }

  private:
    SeededRandom random_;
    std::uint16_t sequence_[2] = {1000, 2000};
};

}  // namespace

TEST_CASE("ours and libsrtp2 protect the same packets to the same octets") {
    for (SrtpSuite suite : every_suite) {
        CAPTURE(facts(suite).name);
        SeededRandom random(11);
        const SrtpKeys keys{random_key(suite, random), random_key(suite, random)};
        auto ours = SrtpSession::make(keys);
        SrtpReference theirs(keys);
        Sender sender(12);
        for (int n = 0; n < 1500; ++n) {
            const bool rtcp = n % 10 == 0;
            const Octets packet = rtcp ? rtcp_packet(0xcafebabe) : sender.next();
            REQUIRE(protect(*ours, packet, rtcp) == protect(theirs, packet, rtcp));
        }
    }
}

TEST_CASE("ours and libsrtp2 judge the same datagrams alike: lost, late, twice, broken, around the wrap") {
    for (SrtpSuite suite : every_suite) {
        CAPTURE(facts(suite).name);
        SeededRandom random(21);
        const SrtpKeys keys{random_key(suite, random), random_key(suite, random)};
        const SrtpKeys mirrored{keys.receive, keys.send};
        auto ours = SrtpSession::make(mirrored);
        SrtpReference theirs(mirrored), sender(keys);
        Sender source(22);
        std::vector<Octets> air;
        std::array<int, 4> verdicts{};
        for (int n = 0; n < 3000; ++n) {
            air.push_back(protect(sender, source.next(), false));
            if (air.size() > 40) air.erase(air.begin());
            if (random.u32() % 8 == 0) continue;  // lost, or late
            Octets datagram = air[air.size() - 1 - (random.u32() % 3 == 0 ? random.u32() % air.size() : 0)];
            if (random.u32() % 8 == 0) datagram[12 + random.u32() % (datagram.size() - 12)] ^= 0x10;
            const Result mine = unprotect(*ours, datagram, false);
            REQUIRE(mine == unprotect(theirs, datagram, false));
            ++verdicts[static_cast<std::size_t>(mine.verdict)];
        }
        // The test means something only if all of it happened.
        CHECK(verdicts[static_cast<std::size_t>(SrtpVerdict::opened)] > 1000);
        CHECK(verdicts[static_cast<std::size_t>(SrtpVerdict::replayed)] > 100);
        CHECK(verdicts[static_cast<std::size_t>(SrtpVerdict::not_authentic)] > 100);
    }
}

TEST_CASE("ours opens libsrtp2's SRTCP and it opens ours") {
    for (SrtpSuite suite : every_suite) {
        CAPTURE(facts(suite).name);
        SeededRandom random(31);
        const SrtpKeys keys{random_key(suite, random), random_key(suite, random)};
        auto ours = SrtpSession::make(keys);
        SrtpReference theirs({keys.receive, keys.send});
        for (int n = 0; n < 20; ++n) {
            const Result there = unprotect(theirs, protect(*ours, rtcp_packet(5), true), true);
            CHECK(there == Result{SrtpVerdict::opened, rtcp_packet(5)});
            const Octets back = protect(theirs, rtcp_packet(6), true);
            CHECK(unprotect(*ours, back, true) == Result{SrtpVerdict::opened, rtcp_packet(6)});
            CHECK(unprotect(*ours, back, true).verdict == SrtpVerdict::replayed);
        }
    }
}
