#include "base/keyed_hash.hpp"

#include <bit>
#include <cstring>

namespace rotunda {
namespace {

struct State {
    std::uint64_t v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(std::uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
    std::uint64_t finish() {
        for (int i = 0; i < 4; ++i) round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

// Up to eight octets, little-endian.
std::uint64_t word_of(std::string_view octets) {
    std::uint64_t word = 0;
    for (std::size_t i = octets.size(); i-- > 0;) word = word << 8 | static_cast<unsigned char>(octets[i]);
    return word;
}

std::uint64_t whole_word_of(std::string_view octets) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), sizeof word);
    return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

}  // namespace

KeyedDigest KeyedHash::operator()(std::string_view text) const {
    State state{key0_ ^ 0x736f6d6570736575, key1_ ^ 0x646f72616e646f6d ^ 0xee, key0_ ^ 0x6c7967656e657261,
                key1_ ^ 0x7465646279746573};
    const std::uint64_t length = text.size();
    for (; text.size() >= 8; text.remove_prefix(8)) state.take(whole_word_of(text));
    state.take(length << 56 | word_of(text));
    state.v2 ^= 0xee;
    const std::uint64_t low = state.finish();
    state.v1 ^= 0xdd;
    return {low, state.finish()};
}

}  // namespace rotunda
