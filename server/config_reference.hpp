// What the table says, written out for people.
#pragma once

#include <string>

#include "server/config.hpp"

namespace rotunda::server {

// A YAML file with every key and its present value; loading it gives the same Config.
std::string print_config(const Config& config);

// docs/configuration.md, whole.
std::string config_reference();

}  // namespace rotunda::server
