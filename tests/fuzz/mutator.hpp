// Changes seeds as libFuzzer would without knowing what a change reaches: enough to find, in seconds and with
// any compiler, what a few wrong octets break.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace rotunda::fuzz {

class Mutator {
  public:
    // At least one seed. The same seeds and number give the same inputs in the same order.
    Mutator(std::vector<std::string> seeds, std::uint64_t number);
    // Some seed, changed one to eight times; of at most `longest` octets.
    std::string next();

  private:
    static constexpr std::size_t longest = 65536;

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_.next() % limit); }
    const std::string& some_seed() { return seeds_[below(seeds_.size())]; }
    // A part of `text`, mostly short.
    std::string some_part(const std::string& text);
    void change(std::string& input);

    std::vector<std::string> seeds_;
    SeededRandom random_;
};

}  // namespace rotunda::fuzz
