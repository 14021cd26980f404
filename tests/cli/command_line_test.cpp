#include "cli/command_line.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rotunda;
using namespace rotunda::cli;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

CommandLine parse(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
    arguments.insert(arguments.begin(), "rotunda");
    environment.push_back(nullptr);
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), environment.data());
}

}  // namespace

TEST_CASE("the command line says what to do and where settings come from") {
    const CommandLine serve =
        parse({"--config", "a.yaml", "--set", "a=1", "--set", "b=2", "--log-format", "json"},
              {"ROTUNDA_CALLS_MAX=3", "HOME=/"});
    CHECK(serve.action == CommandLine::Action::serve);
    CHECK(serve.sources.file == "a.yaml");
    CHECK(serve.sources.settings == std::vector<std::string>{"a=1", "b=2", "log.format=json"});
    REQUIRE(serve.sources.environment.size() == 1);
    CHECK(serve.sources.environment[0].second == "3");
    CHECK(parse({"--check-config"}).action == CommandLine::Action::check_config);
    CHECK(parse({}, {"ROTUNDA_CONFIG=/etc/rotunda.yaml"}).sources.file == "/etc/rotunda.yaml");
    CHECK(parse({"--config", "b.yaml"}, {"ROTUNDA_CONFIG=/etc/rotunda.yaml"}).sources.file == "b.yaml");
}

TEST_CASE("help and version are printed, wrong arguments are refused with status 1") {
    CHECK(parse({"--help"}).exit_status == 0);
    CHECK(contains(parse({"--help"}).text, "--check-config"));
    CHECK(parse({"--version"}).text.starts_with("rotunda "));
    CHECK(parse({"--no-such-thing"}).exit_status == 1);
    CHECK(parse({"stray"}).exit_status == 1);
}

TEST_CASE("a command to a running server is what the table of verbs makes of it") {
    const CommandLine kick = parse({"kick", "1000", "7", "--api", "192.0.2.1:9000"});
    REQUIRE(kick.action == CommandLine::Action::api);
    CHECK(kick.api.verb->method == "DELETE");
    CHECK(path_for(*kick.api.verb, kick.api.arguments) == "/v1/rooms/1000/participants/7");
    CHECK(kick.api.address == "192.0.2.1:9000");
    const CommandLine say = parse({"say", "a b/c", "\"hello\"", "--json"});
    CHECK(path_for(*say.api.verb, say.api.arguments) == "/v1/rooms/a%20b%2Fc/message");
    CHECK(body_for(*say.api.verb, say.api.arguments) == R"({"text":"\"hello\""})");
    CHECK(say.api.json);
    const CommandLine volume = parse({"volume", "1000", "7", "-6.5"});
    REQUIRE(volume.action == CommandLine::Action::api);
    CHECK(body_for(*volume.api.verb, volume.api.arguments) == R"({"volume_db":-6.5})");
    CHECK(parse({"volume", "1000", "7", "loud"}).exit_status == wrong_use);
    CHECK(parse({"kick", "1000"}).exit_status == wrong_use);
    CHECK(parse({"serve"}).action == CommandLine::Action::serve);
}

TEST_CASE("the variables of these commands are no keys of the configuration") {
    CHECK(parse({}, {"ROTUNDA_TOKEN=secret", "ROTUNDA_API=h:1", "ROTUNDA_TOKEN_FILE=f"})
              .sources.environment.empty());
}

TEST_CASE("where the server is comes from the option, else from the configuration, else it is the default") {
    ApiCommand command;
    CHECK(find_access(command, "")->port == "8080");
    CHECK(find_access(command, "0.0.0.0:9000")->host == "localhost");
    CHECK(find_access(command, "[::1]:9000")->host == "::1");
    command.address = "http://192.0.2.7:81/";
    const auto access = find_access(command, "0.0.0.0:9000");
    CHECK(access->host == "192.0.2.7");
    CHECK(access->port == "81");
    command.address = "https://example.com";
    CHECK_FALSE(find_access(command, "").ok());
}

TEST_CASE("a shell is told every command and where a room's name stands") {
    const CommandLine bash = parse({"completion", "bash"});
    CHECK(bash.exit_status == 0);
    for (const Verb& verb : verbs()) CHECK(contains(bash.text, verb.name));
    CHECK(contains(bash.text, "lock:2|unlock:2|"));
    CHECK(contains(bash.text, "kick:3|mute:3|"));
    CHECK_FALSE(contains(bash.text, "limit:3"));  // a number, nobody's name
    CHECK(contains(bash.text, "complete -o default -F _rotunda rotunda"));
    const CommandLine fish = parse({"completion", "fish"});
    CHECK(contains(fish.text, "'__rotunda_at layout:3 own-layout:4'"));
    CHECK(contains(fish.text, "'grid 1+5 1+7 speaker speaker+strip side-by-side pip'"));
    CHECK(parse({"completion", "tcsh"}).exit_status == wrong_use);
}
