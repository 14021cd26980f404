// Where tags, branches, SSRCs and nonces come from. Injected: server/ hands in the operating system's
// generator, tests a seed.
#pragma once

#include <cstdint>
#include <string>

namespace rotunda {

class RandomSource {
  public:
    virtual ~RandomSource() = default;
    virtual std::uint64_t next() = 0;

    std::uint32_t u32() { return static_cast<std::uint32_t>(next()); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(next()); }
    // Uniform in [0, 1).
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    // n characters of [a-z2-7]: five random bits each, legal in every SIP token.
    std::string token(std::size_t n);
};

// SplitMix64: repeatable, for tests and simulations only.
class SeededRandom final : public RandomSource {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() override;

  private:
    std::uint64_t state_;
};

}  // namespace rotunda
