// What others wrote, made fit for a terminal. Pure.
#pragma once

#include <string>
#include <string_view>

namespace rotunda::cli {

// A terminal obeys control characters, and the direction marks of Unicode turn a line around: callers choose
// their names, so each of these becomes '?', line feeds too. So does every octet of what is no UTF-8.
std::string printable(std::string_view text);
// The same for a JSON document, whose value stays what it was: they become \uXXXX. Line feeds stay.
std::string printable_json(std::string_view document);

}  // namespace rotunda::cli
