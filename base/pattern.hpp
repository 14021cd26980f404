// A regular expression matched in time linear in the text, whatever the pattern: safe to hold against what
// callers send.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rotunda {

// The whole text must match. Known: literals, `.`, classes [a-z] [^a-z] \d \w, groups ( ), |, *, +, ?, {m},
// {m,}, {m,n}; `\` takes any other sign literally; ^ in front and $ at the end are allowed and add nothing.
// Bytes, not code points. There are no back-references: no linear-time matcher has them.
class Pattern {
  public:
    // The error says what is wrong and where. A pattern that unfolds to more than 2000 steps is refused.
    static Result<Pattern> compile(std::string_view text);

    // At most (length of text) x (steps) operations, no recursion.
    bool matches(std::string_view text) const;
    const std::string& text() const { return text_; }

    using ByteSet = std::bitset<256>;
    struct Step {
        enum class Kind : std::uint8_t { consume, split, accept };
        Kind kind = Kind::accept;
        std::uint16_t target = 0;  // consume: index of the byte set; split: one way on
        std::uint16_t other = 0;   // split: the other way
    };
    // A consume step goes on to the step behind it.
    struct Program {
        std::vector<Step> steps;
        std::vector<ByteSet> sets;
    };

  private:
    Pattern(std::string_view text, Program program) : text_(text), program_(std::move(program)) {}

    std::string text_;
    Program program_;
};

}  // namespace rotunda
