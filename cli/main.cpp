// rotunda: reads what is asked, and serves. Nothing leaves here unexplained.
#include <cstdio>
#include <exception>

#include "cli/command_line.hpp"
#include "server/config_reference.hpp"
#include "server/server.hpp"

namespace {

using rotunda::cli::CommandLine;

int complain(const std::string& why) {
    std::fprintf(stderr, "rotunda: %s\n", why.c_str());
    return 1;
}

int serve(const rotunda::server::Config& config, const rotunda::server::ConfigSources& sources) {
    auto server =
        rotunda::server::Server::start(config, [sources] { return rotunda::server::load_config(sources); });
    if (!server) return complain(server.error().message);
    (*server)->run();
    return 0;
}

// The configuration says where the server listens, if it can be read from here.
int ask_server(const CommandLine& command) {
    const auto config = rotunda::server::load_config(command.sources);
    const bool known = config.ok() && config->http.listen;
    const auto access =
        rotunda::cli::find_access(command.api, known ? config->http.listen->to_string() : std::string());
    return access ? rotunda::cli::run_api_command(command.api, *access) : complain(access.error().message);
}

int run(const CommandLine& command) {
    using Action = CommandLine::Action;
    if (command.action == Action::print_text) {
        std::fputs(command.text.c_str(), command.exit_status == 0 ? stdout : stderr);
        return command.exit_status;
    }
    if (command.action == Action::print_reference) {
        std::fputs(rotunda::server::config_reference().c_str(), stdout);
        return 0;
    }
    if (command.action == Action::api) return ask_server(command);
    const auto config = rotunda::server::load_config(command.sources);
    if (!config) return complain(config.error().message);
    if (command.action == Action::check_config) {
        std::puts("The configuration is good.");
        return 0;
    }
    if (command.action == Action::print_config) {
        std::fputs(rotunda::server::print_config(*config).c_str(), stdout);
        return 0;
    }
    if (command.action == Action::user) {
        const auto said = rotunda::cli::run_user_command(command.user, *config);
        if (!said) return complain(said.error().message);
        std::fputs(said->c_str(), stdout);
        return 0;
    }
    return serve(*config, command.sources);
}

}  // namespace

int main(int argc, char** argv, char** environment) {
    try {
        return run(rotunda::cli::parse_command_line(argc, argv, environment));
    } catch (const std::exception& e) {
        return complain(e.what());
    }
}
