// `rotunda completion SHELL`: what the shell is told of our commands. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rotunda::cli {

// A script to be sourced. Room names are asked of the running server as they are completed. `options`: those
// that may stand anywhere.
Result<std::string> completion_for(std::string_view shell, const std::vector<std::string>& commands,
                                   const std::vector<std::string>& options);

}  // namespace rotunda::cli
