// What a configuration read anew changes in a running server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config.hpp"

namespace rotunda::server {

struct Reload {
    Config config;  // what holds from now on
    // Keys with another value; one that hides a secret alone is not named.
    std::vector<std::string_view> changed;
    std::vector<std::string_view> ignored;  // keys whose new value waits for the next start
};

Reload plan_reload(const Config& running, const Config& read);

}  // namespace rotunda::server
