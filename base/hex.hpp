// Lower-case hexadecimal.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace rotunda {

// Two digits an octet.
std::string to_hex(std::span<const std::uint8_t> octets);
// All sixteen digits of it.
void append_hex(std::string& text, std::uint64_t value);

}  // namespace rotunda
