// What the program was asked to do.
#pragma once

#include <string>

#include "server/config_loader.hpp"
#include "server/user_command.hpp"

namespace rotunda::server {

struct CommandLine {
    enum class Action { serve, check_config, print_config, print_reference, print_text, user };

    Action action = Action::serve;
    ConfigSources sources;
    UserCommand user;
    std::string text;     // print_text: help, version, or what is wrong with the arguments
    int exit_status = 0;  // print_text: 0, or 1 when the arguments are wrong
};

// `environment` ends with a null pointer, as main's third argument does.
CommandLine parse_command_line(int argc, const char* const* argv, const char* const* environment);

}  // namespace rotunda::server
