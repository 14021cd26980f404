// Text from outside as XML 1.0 character data or an attribute's value, in UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rotunda::rooms {

// Markup is escaped. What no XML document may hold (control characters, U+FFFE, broken UTF-8) becomes '?'. Of
// `text` at most `most` bytes are taken, and never half a character.
void append_xml(std::string& out, std::string_view text, std::size_t most = 256);

}  // namespace rotunda::rooms
