// ";name=value" parameters as header fields and URIs carry them (RFC 3261 §7.3.1, §19.1.1). Kept as one text:
// most lists are short, a look-up scans them, and a message costs few allocations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rotunda::sip {

struct Param {
    std::string_view name;
    std::string_view value;  // as written, quotes included; empty when there is none
};

class Params {
  public:
    Params() = default;
    // "" or ";a=b ;c = \"d\"" with white space where a header field allows it; nullopt where the grammar is
    // broken (";;"). An empty value ("a=") reads as no value.
    static std::optional<Params> parse(std::string_view text);
    // Parameters of a URI: no white space, no quotes; %HH of unreserved characters is undone (RFC 3261
    // §19.1.4: equivalent).
    static std::optional<Params> parse_uri(std::string_view text);

    bool empty() const { return text_.empty(); }
    bool has(std::string_view name) const { return get(name).has_value(); }
    // The value as written, quotes included; an empty view when the parameter has no value. Names compare
    // without case. The view lives until the next change.
    std::optional<std::string_view> get(std::string_view name) const;
    // The value with quotes and backslashes taken away; empty when absent.
    std::string unquoted(std::string_view name) const;

    // Replaces the first parameter of that name in its place, else appends. The caller quotes what needs
    // quotes (see quote()).
    void set(std::string_view name, std::string_view value = {});
    void remove(std::string_view name);

    // ";a=b;c", ready to be written.
    const std::string& text() const { return text_; }

    // Calls visit(Param) for each, in order.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t at = 0; at < text_.size();) visit(read(at));
    }

    // Same text. For equality of URIs see equivalent().
    friend bool operator==(const Params&, const Params&) = default;

  private:
    Param read(std::size_t& at) const;
    std::optional<std::pair<std::size_t, std::size_t>> locate(std::string_view name) const;

    std::string text_;
};

}  // namespace rotunda::sip
