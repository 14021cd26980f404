// Pieces of text the SDP parsers share.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sdp/session_description.hpp"

namespace rotunda::sdp {

// Split at runs of spaces and tabs.
std::vector<std::string_view> split_words(std::string_view text);

// "IN", "IP4", "192.0.2.1/127": the three words of c=, also at the end of o= and a=rtcp. nullopt: `out` is
// set.
std::optional<ParseError> parse_connection(std::string_view network, std::string_view type,
                                           std::string_view host, Connection& out);

}  // namespace rotunda::sdp
