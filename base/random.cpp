#include "base/random.hpp"

namespace rotunda {

std::string RandomSource::token(std::size_t n) {
    static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    std::string out;
    out.reserve(n);
    std::uint64_t bits = 0;
    int left = 0;
    while (out.size() < n) {
        if (left < 5) {
            bits = next();
            left = 64;
        }
        out.push_back(alphabet[bits & 31]);
        bits >>= 5;
        left -= 5;
    }
    return out;
}

std::uint64_t SeededRandom::next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

}  // namespace rotunda
