// Hexadecimal: written in lower case, read in either.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace rotunda {

// Two digits an octet.
std::string to_hex(std::span<const std::uint8_t> octets);
// All sixteen digits of it.
void append_hex(std::string& text, std::uint64_t value);
// What a digit of either case stands for, or -1.
int hex_value(char digit);

}  // namespace rotunda
