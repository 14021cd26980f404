// A regular expression that is matched in time linear in the text, whatever the pattern: safe to hold against
// what callers send. RE2's syntax (no back-references), on bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace re2 {
class RE2;
}

namespace rotunda::server {

class Pattern {
  public:
    // The error says what is wrong.
    static Result<Pattern> compile(const std::string& text);

    // The whole text must match.
    bool matches(std::string_view text) const;
    const std::string& text() const;

  private:
    explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

    std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace rotunda::server
