// rotunda: reads what is asked, and serves. Nothing leaves here unexplained.
#include <cstdio>
#include <exception>

#include "server/command_line.hpp"
#include "server/config_reference.hpp"
#include "server/server.hpp"

namespace {

using rotunda::server::CommandLine;

int complain(const std::string& why) {
    std::fprintf(stderr, "rotunda: %s\n", why.c_str());
    return 1;
}

int run(const CommandLine& command) {
    using namespace rotunda::server;
    if (command.action == CommandLine::Action::print_text) {
        std::fputs(command.text.c_str(), command.exit_status == 0 ? stdout : stderr);
        return command.exit_status;
    }
    if (command.action == CommandLine::Action::print_reference) {
        std::fputs(config_reference().c_str(), stdout);
        return 0;
    }
    const auto config = load_config(command.sources);
    if (!config) return complain(config.error().message);
    if (command.action == CommandLine::Action::check_config) {
        std::puts("The configuration is good.");
        return 0;
    }
    if (command.action == CommandLine::Action::print_config) {
        std::fputs(print_config(*config).c_str(), stdout);
        return 0;
    }
    if (command.action == CommandLine::Action::user) {
        const auto said = run_user_command(command.user, *config);
        if (!said) return complain(said.error().message);
        std::fputs(said->c_str(), stdout);
        return 0;
    }
    auto server = Server::start(*config);
    if (!server) return complain(server.error().message);
    (*server)->run();
    return 0;
}

}  // namespace

int main(int argc, char** argv, char** environment) {
    try {
        return run(rotunda::server::parse_command_line(argc, argv, environment));
    } catch (const std::exception& e) {
        return complain(e.what());
    }
}
