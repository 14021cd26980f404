// Base 64 (RFC 4648 §4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"

namespace rotunda {

std::string to_base64(Bytes bytes);
// nullopt: a character outside the alphabet, or a length no encoder makes. Missing padding is forgiven (many
// phones leave it out in SDP).
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace rotunda
