// The SIP messages of a call as a ladder: when, which way, what. Pure.
#pragma once

#include <string>
#include <string_view>

namespace rotunda::cli {

// `document`: what GET /v1/calls/{call}/messages answers.
std::string ladder_of(std::string_view document);

}  // namespace rotunda::cli
