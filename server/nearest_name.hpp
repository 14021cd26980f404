// Guesses what someone meant to write.
#pragma once

#include <span>
#include <string_view>

namespace rotunda::server {

// The candidate with the fewest insertions, deletions, replacements and swaps away from `written`; empty if
// there are none.
std::string_view nearest_name(std::string_view written, std::span<const std::string_view> candidates);

}  // namespace rotunda::server
