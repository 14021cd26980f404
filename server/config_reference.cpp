#include "server/config_reference.hpp"

#include <fmt/format.h>

#include <utility>

#include "server/config_table.hpp"

namespace rotunda::server {
namespace {

constexpr std::string_view introduction = R"(# Configuration

This page is generated from the table that checks the settings (`rotunda --print-config-reference`); a test holds it current.

Without any setting Rotunda runs on the defaults below. Settings come from four places, the later ones winning:

1. the defaults,
2. a YAML file: `rotunda --config rotunda.yaml`, or its path in the environment variable `ROTUNDA_CONFIG`,
3. environment variables: the key in capitals with `_` for `.`, after `ROTUNDA_`,
4. the command line: `rotunda --set key=value`, as often as needed.

In a file, keys may be written as sections or dotted; in a variable or on the command line, lists are separated by commas or
written in brackets:

```yaml
sip:
  listen: ["udp://0.0.0.0:5060", "tcp://0.0.0.0:5060"]
rooms:
  on_demand: "[0-9]{4}"
  list:
    - name: board
      max_participants: 12
```

    ROTUNDA_SIP_LISTEN=udp://0.0.0.0:5060,tcp://0.0.0.0:5060 rotunda --set rooms.max_participants=50

An unknown key or a bad value stops the start with one line that names the file, the line, the key and the nearest valid name.
`rotunda --check-config` says whether the settings are good and exits; `rotunda --print-config` prints all of them as they are.

)";

// A `|` would end the cell of a Markdown table.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

}  // namespace

std::string print_config(const Config& config) {
    std::string out;
    for (const ConfigKey& key : config_keys()) out += fmt::format("{}: {}\n", key.name, key.print(config));
    return out;
}

std::string config_reference() {
    const Config defaults;
    std::string out(introduction);
    out += "| key | value | default | meaning |\n|---|---|---|---|\n";
    for (const ConfigKey& key : config_keys())
        out += fmt::format("| `{}` | {} | `{}` | {} |\n", key.name, cell(key.type), cell(key.print(defaults)),
                           cell(key.doc));
    out +=
        "\nA running server takes new values of these at `rotunda reload` (or SIGHUP), without touching a "
        "call:\n";
    std::string_view between = "";
    for (const ConfigKey& key : config_keys())
        if (key.live) out += fmt::format("{}`{}`", std::exchange(between, ",\n"), key.name);
    out += ".\nAll others wait for the next start, and are named as ignored.\n";
    return out;
}

}  // namespace rotunda::server
