// A configuration value as written: a small tree without YAML's types, so that every source is checked by the
// same table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rotunda::server {

struct ConfigNode {
    enum class Kind { scalar, list, map };

    Kind kind = Kind::scalar;
    int line = 0;      // from 1; 0 where the source has no lines
    std::string name;  // the key, for a member of a map
    std::string text;  // scalars; empty for a value left out
    std::vector<ConfigNode> children;
};

struct ConfigComplaint {
    int line = 0;
    std::string message;
};

// Accepts one document of at most 1 MiB and 20,000 values, nested at most 10 deep. Aliases are refused: they
// are what makes YAML bombs, and no configuration needs them.
Result<ConfigNode, ConfigComplaint> parse_yaml(const std::string& text);

}  // namespace rotunda::server
