// The pieces of RFC 3261 §25.1 that every parser here shares. All work on unfolded text: white space is SP or
// HTAB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rotunda::sip {

enum class CharClass : std::uint8_t {
    token = 1,       // alphanum and "-.!%*_+`'~"
    unreserved = 2,  // alphanum and mark
    list = 4,        // what gives a comma list its structure
    // Beyond RFC 3261's gen-value, what is met in the field ('=' of base64, a bare IPv6 address in received,
    // RFC 5118 §4.5) and harms nobody: all but what would end the value.
    param_value = 8,
    uri_param = 16,  // paramchar, with the same tolerance
    host = 32,       // alphanum, '-', '.', and '_', which is no host character, and yet hosts have it
    // Wider than RFC 3261's userinfo: phones send '#', and nothing that ends a URI is let in.
    userinfo = 64,
};
// True also of an empty text.
bool is_all(std::string_view text, CharClass each);

// alphanum and "-.!%*_+`'~" (token).
bool is_token_char(char c);
bool is_token(std::string_view text);

// SP and HTAB taken off both ends.
std::string_view trim_lws(std::string_view text);

// The size of the quoted-string that text begins with, quotes included; 0 if it does not begin with one or
// never closes.
std::size_t quoted_size(std::string_view text);
// Quotes and backslashes taken away; text that is not a quoted-string comes back as it is.
std::string unquote(std::string_view text);
// As a quoted-string. CR, LF and NUL, which no header field may carry, become spaces.
std::string quote(std::string_view plain);

// Takes the next element off a comma-separated list: commas in quotes, angle brackets and comments do not
// count. The element comes trimmed and may be empty; nullopt at the end of the list.
class ListReader {
  public:
    explicit ListReader(std::string_view list) : rest_(list), done_(trim_lws(list).empty()) {}
    std::optional<std::string_view> next();

  private:
    std::string_view rest_;
    bool done_;
};

// Decodes each %HH once; what is broken stays as it is (has_good_escapes() tells).
std::string percent_decode(std::string_view text);
// Every % is followed by two hexadecimal digits.
bool has_good_escapes(std::string_view text);
// Octets outside unreserved (RFC 3261 §25.1) and `also_allowed` become %HH.
std::string percent_encode(std::string_view plain, std::string_view also_allowed);
// Escapes of unreserved octets undone, the rest in upper case: equal texts are equivalent (RFC 3261 §19.1.4).
std::string percent_normalize(std::string_view text);

}  // namespace rotunda::sip
