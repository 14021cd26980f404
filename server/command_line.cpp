#include "server/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace rotunda::server {
namespace {

CommandLine say(std::string text, int status) {
    CommandLine out;
    out.action = CommandLine::Action::print_text;
    out.text = std::move(text);
    out.exit_status = status;
    return out;
}

// ROTUNDA_CONFIG is the file itself; the rest are keys.
void take_environment(const char* const* environment, ConfigSources& sources) {
    for (; environment && *environment; ++environment) {
        const std::string_view entry = *environment;
        const std::size_t equals = entry.find('=');
        if (!entry.starts_with("ROTUNDA_") || equals == entry.npos) continue;
        std::string name(entry.substr(0, equals));
        std::string value(entry.substr(equals + 1));
        if (name == "ROTUNDA_CONFIG")
            sources.file = std::move(value);
        else
            sources.environment.emplace_back(std::move(name), std::move(value));
    }
}

// rotunda user add NAME, and its like.
struct UserOptions {
    explicit UserOptions(CLI::App& app)
        : group(app.add_subcommand("user", "manage the users of the database")) {
        group->require_subcommand(1);
        add(UserCommand::Verb::add, "add",
            "add a user; the password is asked for, or read from standard input");
        add(UserCommand::Verb::list, "list", "list the users");
        add(UserCommand::Verb::passwd, "passwd", "change a user's password");
        add(UserCommand::Verb::remove, "remove", "remove a user");
    }
    void add(UserCommand::Verb verb, const char* name, const char* what) {
        CLI::App* sub = group->add_subcommand(name, what);
        if (verb != UserCommand::Verb::list)
            sub->add_option("name", command.name, "the user part of his address")->required();
        sub->callback([this, verb] { command.verb = verb; });
    }

    CLI::App* group;
    UserCommand command;
};

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, const char* const* environment) {
    CommandLine out;
    take_environment(environment, out.sources);

    CLI::App app("Rotunda, a SIP conference server: dial a room from any SIP phone, and talk.", "rotunda");
    app.footer(
        "Without arguments it serves UDP and TCP port 5060, and any number is a room: dial sip:1000@HOST.\n"
        "Settings come from the file, from variables such as ROTUNDA_SIP_LISTEN, and from --set, the later "
        "winning.\n"
        "Ctrl-C or SIGTERM ends it, a second one at once; SIGUSR1 logs what it holds. Every setting: "
        "docs/configuration.md");
    std::string log_format;
    bool check = false;
    bool print = false;
    bool reference = false;
    app.set_help_flag("-h,--help", "print this, and exit");
    app.add_option("--config", out.sources.file, "YAML file with settings")->type_name("FILE");
    app.add_option("--set", out.sources.settings,
                   "one setting, as often as needed: --set sip.listen=udp://127.0.0.1:5060")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app.add_option("--log-format", log_format, "text or json; the same as --set log.format=...")
        ->type_name("FORMAT");
    app.add_flag("--check-config", check, "say whether the settings are good, and exit");
    app.add_flag("--print-config", print, "print all settings as they are, and exit");
    app.add_flag("--print-config-reference", reference, "print docs/configuration.md, and exit");
    app.set_version_flag("--version", "rotunda " ROTUNDA_VERSION, "print the version, and exit");
    const UserOptions user(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return say(app.help(), 0);
    } catch (const CLI::CallForVersion&) {
        return say(app.version() + "\n", 0);
    } catch (const CLI::ParseError& e) {
        return say(std::string("rotunda: ") + e.what() + "; see rotunda --help\n", 1);
    }
    if (!log_format.empty()) out.sources.settings.push_back("log.format=" + log_format);
    if (user.group->parsed()) {
        out.action = CommandLine::Action::user;
        out.user = user.command;
    }
    if (check) out.action = CommandLine::Action::check_config;
    if (print) out.action = CommandLine::Action::print_config;
    if (reference) out.action = CommandLine::Action::print_reference;
    return out;
}

}  // namespace rotunda::server
