#include "cli/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/completion.hpp"

namespace rotunda::cli {
namespace {

CommandLine say(std::string text, int status) {
    CommandLine out;
    out.action = CommandLine::Action::print_text;
    out.text = std::move(text);
    out.exit_status = status;
    return out;
}

// ROTUNDA_CONFIG is the file itself, some are for the commands that speak to a server; the rest are keys.
void take_environment(const char* const* environment, server::ConfigSources& sources) {
    constexpr std::array ours = {std::string_view("ROTUNDA_API"), std::string_view("ROTUNDA_TOKEN"),
                                 std::string_view("ROTUNDA_TOKEN_FILE")};
    for (; environment && *environment; ++environment) {
        const Split entry = split_once(*environment, '=');
        if (!entry.head.starts_with("ROTUNDA_") || !entry.tail) continue;
        if (std::ranges::find(ours, entry.head) != ours.end()) continue;
        if (entry.head == "ROTUNDA_CONFIG")
            sources.file = *entry.tail;
        else
            sources.environment.emplace_back(entry.head, *entry.tail);
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
        else
            sub->add_flag("--json", command.json, "as JSON, each with the realm of his password");
        sub->callback([this, verb] { command.verb = verb; });
    }

    CLI::App* group;
    UserCommand command;
};

// rotunda rooms, and all others that ask a running server.
struct ApiOptions {
    explicit ApiOptions(CLI::App& app) {
        for (const Verb& verb : verbs()) add(app, verb);
    }
    void add(CLI::App& app, const Verb& verb) {
        CLI::App* sub = app.add_subcommand(std::string(verb.name), std::string(verb.help));
        sub->group("Commands to a running server");
        std::string_view rest = verb.arguments;
        while (!rest.empty()) {
            const Split parts = split_once(rest, ' ');
            const std::string name(parts.head);
            auto* option = sub->add_option(name, command.arguments[name])->required();
            if (verb.body.find("{=" + name + "}") != verb.body.npos) option->check(CLI::Number);
            rest = parts.tail.value_or("");
        }
        sub->add_flag("--json", command.json, "print the server's own answer");
        sub->add_option("--api", command.address,
                        "where http.listen of the server is (ROTUNDA_API); else as configured here")
            ->type_name("HOST:PORT");
        sub->add_option("--token-file", command.token_file,
                        "file with the token (ROTUNDA_TOKEN_FILE; or the token itself in ROTUNDA_TOKEN)")
            ->type_name("FILE");
        sub->callback([this, &verb] { command.verb = &verb; });
    }

    ApiCommand command;
};

struct ServeOptions {
    ServeOptions(CLI::App& app, server::ConfigSources& sources) {
        app.set_help_flag("-h,--help", "print this, and exit");
        app.add_option("--config", sources.file, "YAML file with settings")->type_name("FILE");
        app.add_option("--set", sources.settings,
                       "one setting, as often as needed: --set sip.listen=udp://127.0.0.1:5060")
            ->type_name("KEY=VALUE")
            ->allow_extra_args(false);
        app.add_option("--log-format", log_format, "text or json; the same as --set log.format=...")
            ->type_name("FORMAT");
        app.add_flag("--check-config", check, "say whether the settings are good, and exit");
        app.add_flag("--print-config", print, "print all settings as they are, and exit");
        app.add_flag("--print-config-reference", reference, "print docs/configuration.md, and exit");
        app.set_version_flag("--version", "rotunda " ROTUNDA_VERSION, "print the version, and exit");
        app.add_subcommand("serve", "serve calls: what it does without a command");
    }
    CommandLine::Action action() const {
        if (reference) return CommandLine::Action::print_reference;
        if (print) return CommandLine::Action::print_config;
        return check ? CommandLine::Action::check_config : CommandLine::Action::serve;
    }

    std::string log_format;
    bool check = false;
    bool print = false;
    bool reference = false;
};

CommandLine say_completion(const CLI::App& app, const std::string& shell) {
    std::vector<std::string> commands, options;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        commands.push_back(sub->get_name());
    for (const CLI::Option* option : app.get_options()) options.push_back("--" + option->get_lnames().at(0));
    for (const char* option : {"--json", "--api", "--token-file"}) options.emplace_back(option);
    const auto script = completion_for(shell, commands, options);
    return script ? say(*script, 0) : say("rotunda: " + script.error().message + "\n", wrong_use);
}

constexpr const char* footer =
    "Without a command it serves UDP and TCP port 5060, and any number is a room: dial sip:1000@HOST.\n"
    "Settings come from the file, from variables such as ROTUNDA_SIP_LISTEN, and from --set, the later "
    "winning.\n"
    "Ctrl-C or SIGTERM ends it, a second one at once; SIGHUP reloads the settings; SIGUSR1 logs what it "
    "holds.\n"
    "Exit status of a command: 0 done, 1 wrong use, 2 refused by the server, 3 no server answers.\n"
    "Every setting: docs/configuration.md";

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, const char* const* environment) {
    CommandLine out;
    take_environment(environment, out.sources);

    CLI::App app("Rotunda, a SIP conference server: dial a room from any SIP phone, and talk.", "rotunda");
    app.footer(footer);
    const ServeOptions serve(app, out.sources);
    const UserOptions user(app);
    const ApiOptions api(app);
    std::string shell;
    CLI::App* completion =
        app.add_subcommand("completion", "print what a shell sources to complete our commands");
    completion->add_option("shell", shell, "bash, zsh or fish")->required();
    app.require_subcommand(0, 1);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return say(app.help(), 0);
    } catch (const CLI::CallForVersion&) {
        return say(app.version() + "\n", 0);
    } catch (const CLI::ParseError& e) {
        return say(std::string("rotunda: ") + e.what() + "; see rotunda --help\n", wrong_use);
    }
    if (completion->parsed()) return say_completion(app, shell);
    if (!serve.log_format.empty()) out.sources.settings.push_back("log.format=" + serve.log_format);
    out.action = serve.action();
    if (out.action != CommandLine::Action::serve) return out;
    if (user.group->parsed()) {
        out.action = CommandLine::Action::user;
        out.user = user.command;
    } else if (api.command.verb) {
        out.action = CommandLine::Action::api;
        out.api = api.command;
    }
    return out;
}

}  // namespace rotunda::cli
