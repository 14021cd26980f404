// rotunda user add|list|passwd|remove: manages the users of the database. A running server notices.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "server/config.hpp"

namespace rotunda::cli {

struct UserCommand {
    enum class Verb { add, list, passwd, remove };
    Verb verb = Verb::list;
    std::string name;   // not for list
    bool json = false;  // for list: as scripts want it
};

// What to print. The password comes from the terminal, asked for twice and not shown, or else is the first
// line of the standard input; never an argument, which other users of the machine could read.
Result<std::string> run_user_command(const UserCommand& command, const server::Config& config);

// A line without its end; nullopt where there is none.
std::optional<std::string> read_password_line(int fd);

}  // namespace rotunda::cli
