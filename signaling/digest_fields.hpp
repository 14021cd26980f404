// The grammar that all header fields of digest authentication share: a scheme, then name=value with commas
// between (RFC 3261 §25.1, RFC 7616 §3.3 to §3.5).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rotunda::sip {

class DigestFields {
  public:
    // Fields after "Digest". nullopt for another scheme, a broken field, or more of them than anybody sends.
    static std::optional<DigestFields> parse_with_scheme(std::string_view text);
    // Authentication-Info has no scheme.
    static std::optional<DigestFields> parse(std::string_view text);

    // Quotes and backslashes taken away; empty when absent. The first of that name counts.
    std::string get(std::string_view name) const;

  private:
    // More than anybody sends.
    static constexpr std::size_t max_fields = 32;
    struct Field {
        std::string_view name, value;  // into the text parsed
    };
    std::array<Field, max_fields> fields_;
    std::size_t size_ = 0;
};

class DigestFieldWriter {
  public:
    explicit DigestFieldWriter(std::string_view scheme = {});
    // Nothing is written for an empty value.
    DigestFieldWriter& quoted(std::string_view name, std::string_view value);
    DigestFieldWriter& token(std::string_view name, std::string_view value);
    std::string take() { return std::move(out_); }

  private:
    void begin(std::string_view name);
    std::string out_;
    bool first_ = true;
};

}  // namespace rotunda::sip
