// What the program was asked to do.
#pragma once

#include <string>

#include "cli/api_command.hpp"
#include "cli/user_command.hpp"
#include "server/config_loader.hpp"

namespace rotunda::cli {

struct CommandLine {
    enum class Action { serve, check_config, print_config, print_reference, print_text, user, api };

    Action action = Action::serve;
    server::ConfigSources sources;
    UserCommand user;
    ApiCommand api;
    std::string text;     // print_text: help, version, completion, or what is wrong with the arguments
    int exit_status = 0;  // print_text: 0, or 1 when the arguments are wrong
};

// `environment` ends with a null pointer, as main's third argument does.
CommandLine parse_command_line(int argc, const char* const* argv, const char* const* environment);

}  // namespace rotunda::cli
