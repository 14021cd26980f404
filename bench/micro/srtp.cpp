// What SRTP costs a packet, ours and libsrtp2, with one session and with a thousand in turn.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "rtp/srtp_session.hpp"
#include "tests/rtp/srtp_reference.hpp"

namespace rotunda::rtp {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t packet_bytes = 172;  // 20 ms of G.711

template <typename Session>
std::unique_ptr<Session> make(const SrtpKeys& keys) {
    if constexpr (std::is_same_v<Session, SrtpSession>)
        return SrtpSession::make(keys);
    else
        return std::make_unique<Session>(keys);
}

template <typename Session>
std::vector<std::unique_ptr<Session>> make_sessions(SrtpSuite suite, std::int64_t count) {
    std::vector<std::unique_ptr<Session>> out;
    for (std::int64_t i = 0; i < count; ++i) {
        SrtpKey key;
        key.suite = suite;
        key.bytes[0] = static_cast<std::uint8_t>(i);
        key.bytes[1] = static_cast<std::uint8_t>(i >> 8);
        out.push_back(make<Session>({key, key}));
    }
    return out;
}

void number(Octets& packet, std::uint32_t sequence) {
    packet[2] = static_cast<std::uint8_t>(sequence >> 8);
    packet[3] = static_cast<std::uint8_t>(sequence);
}

template <typename Session>
void protect_and_open(benchmark::State& state, SrtpSuite suite) {
    const auto sessions = make_sessions<Session>(suite, state.range(0));
    Octets packet(packet_bytes + 256);
    packet[0] = 0x80;
    std::uint32_t sequence = 0;
    std::size_t at = 0;
    for (auto _ : state) {
        number(packet, sequence);
        const std::size_t size = sessions[at]->protect_rtp(packet, packet_bytes);
        const auto opened = sessions[at]->unprotect_rtp(MutableBytes(packet).first(size));
        if (opened.verdict != SrtpVerdict::opened) return state.SkipWithError("not opened");
        if (++at == sessions.size()) at = 0, ++sequence;
    }
    // One turn is two packets: one out, one in.
    state.counters["per_packet"] =
        benchmark::Counter(2 * static_cast<double>(state.iterations()),
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <typename Session>
void add(const std::string& name, SrtpSuite suite) {
    benchmark::RegisterBenchmark((name + "/" + std::string(facts(suite).name)).c_str(),
                                 protect_and_open<Session>, suite)
        ->Arg(1)
        ->Arg(1000);
}

}  // namespace
}  // namespace rotunda::rtp

int main(int argc, char** argv) {
    using namespace rotunda;
    for (SrtpSuite suite : {SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aes_256_cm_hmac_sha1_80,
                            SrtpSuite::aead_aes_128_gcm, SrtpSuite::aead_aes_256_gcm}) {
        rtp::add<rtp::SrtpSession>("ours", suite);
        rtp::add<rtp::test::SrtpReference>("libsrtp2", suite);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
