// What a field was read from and what it writes are the same to the next reader.
#pragma once

#include <string>

#include "tests/fuzz/fuzz.hpp"

namespace rotunda::fuzz {

template <typename Field>
void round_trip(std::string_view text) {
    const auto field = Field::parse(text);
    if (!field) return;
    // Of a digest algorithm that is none of ours only that is known, so it cannot be written.
    if constexpr (requires { field->algorithm; })
        if (!field->algorithm) return;
    const std::string written = field->to_string();
    require(is_header_value(written), "what is written is one value");
    const auto again = Field::parse(written);
    require(again && again->to_string() == written, "what is written reads back");
    if constexpr (requires { *again == *field; }) require(*again == *field, "and is the same");
}

}  // namespace rotunda::fuzz
