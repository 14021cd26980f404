// What the flood guard wants to know of a request before anything reads it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "signaling/message.hpp"

namespace rotunda::sip {

// Views into the message.
struct RequestSketch {
    std::string_view method;
    std::string_view user_agent;
    bool in_dialog = false;        // To has a tag
    bool has_credentials = false;  // Authorization
    std::size_t bytes = 0;
};

// Nothing of it is parsed in earnest. nullopt: a response, a keep-alive, no message at all.
std::optional<RequestSketch> sketch_of(std::string_view message);
RequestSketch sketch_of(const SipMessage& request);

}  // namespace rotunda::sip
