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
    std::string_view to_tag;  // empty: outside every dialog
    std::string_view from_tag, call_id;
    std::string_view authorization;  // the first one's value
    std::string_view via;            // likewise: where the answer goes
    std::size_t bytes = 0;
};

// Finds these fields without validating the message. What is no message at all counts as a request. nullopt:
// a response, or a keep-alive.
std::optional<RequestSketch> sketch_of(std::string_view message);
RequestSketch sketch_of(const SipMessage& request);

}  // namespace rotunda::sip
