// The one list of settings. Files, environment, --set, checks, --print-config and docs/configuration.md all
// come from it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/config.hpp"
#include "server/config_node.hpp"

namespace rotunda::server {

struct ConfigKey {
    std::string_view name;  // dotted: "sip.listen"
    std::string_view type;  // what a value looks like, for people
    std::string_view doc;
    bool is_list = false;  // a text value in brackets is read as a YAML list
    // Checks the value and stores it; the complaint otherwise, and nothing is stored.
    std::optional<ConfigComplaint> (*read)(const ConfigNode& value, Config& config) = nullptr;
    // The present value as one line of YAML that `read` takes back.
    std::string (*print)(const Config& config) = nullptr;
    void (*copy)(const Config& from, Config& to) = nullptr;
    // Also in what is not printed: passwords and secrets.
    bool (*differs)(const Config& a, const Config& b) = nullptr;
    // A running server takes a new value; any other waits for the next start.
    bool live = false;
};

std::span<const ConfigKey> config_keys();
const ConfigKey* find_config_key(std::string_view name);
// "sip.listen" -> "ROTUNDA_SIP_LISTEN"
std::string environment_name(std::string_view key);

}  // namespace rotunda::server
