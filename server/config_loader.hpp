// Fills a Config from its sources, the later ones winning: defaults, file, environment, --set.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "server/config.hpp"

namespace rotunda::server {

struct ConfigSources {
    std::string file;                                              // empty: none
    std::vector<std::pair<std::string, std::string>> environment;  // every variable that begins with ROTUNDA_
    std::vector<std::string> settings;                             // "key=value", in order
};

// The error is one line that names source, line, key and the nearest valid name.
Result<Config> load_config(const ConfigSources& sources);

// For tests: reads a text instead of files, without the checks across keys; `name` stands for it in errors.
Result<Config> load_config_text(const std::string& yaml, std::string_view name);

}  // namespace rotunda::server
