#include "cli/api_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "cli/ladder.hpp"
#include "cli/printable.hpp"
#include "cli/table.hpp"
#include "cli/watch.hpp"

namespace rotunda::cli {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : std::string();
}

int complain(int status, std::string_view why) {
    fmt::print(stderr, "rotunda: {}\n", printable(why));
    return status;
}

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
}

void show(const ApiCommand& command, const HttpAnswer& answer) {
    const Verb& verb = *command.verb;
    if (verb.show == Verb::Show::raw) {
        std::fwrite(answer.body.data(), 1, answer.body.size(), stdout);
    } else if (command.json) {
        if (!answer.body.empty()) print(printable_json(answer.body) + "\n");
    } else if (verb.show == Verb::Show::lines) {
        print(lines_of(answer.body));
    } else if (verb.show == Verb::Show::table) {
        print(table_of(answer.body, verb.list, verb.columns));
    } else if (verb.show == Verb::Show::ladder) {
        print(ladder_of(answer.body));
    }
}

Result<std::string> token_for(const ApiCommand& command) {
    const std::string file = command.token_file.empty() ? variable("ROTUNDA_TOKEN_FILE") : command.token_file;
    if (file.empty()) return variable("ROTUNDA_TOKEN");
    std::ifstream in(file);
    std::string token;
    if (!std::getline(in, token) || token.empty())
        return fail_with(fmt::format("{}: cannot be read or is empty", file));
    return token;
}

}  // namespace

Result<ApiAccess> find_access(const ApiCommand& command, std::string_view configured) {
    auto token = token_for(command);
    if (!token) return fail(Error(token.error()));
    ApiAccess access;
    access.token = std::move(*token);
    const std::string chosen = command.address.empty() ? variable("ROTUNDA_API") : command.address;
    if (!chosen.empty()) return parse_api_address(chosen, access);
    if (configured.empty()) return access;
    auto found = parse_api_address(configured, access);
    // A server that listens everywhere is reached here.
    if (found && (found->host == "0.0.0.0" || found->host == "::")) found->host = "localhost";
    return found;
}

int run_api_command(const ApiCommand& command, const ApiAccess& access) {
    const HttpClient client(access);
    const Verb& verb = *command.verb;
    if (verb.show == Verb::Show::raw && isatty(STDOUT_FILENO) != 0)
        return complain(wrong_use,
                        "this is a capture file: send it to one, as in rotunda pcap CALL > call.pcap");
    const auto answer =
        verb.show == Verb::Show::watch
            ? watch(client, command.json)
            : client.ask(verb.method, path_for(verb, command.arguments), body_for(verb, command.arguments));
    if (!answer) return complain(unreachable, answer.error().message);
    if (answer->ok()) {
        show(command, *answer);
        return done;
    }
    if (command.json) print(printable_json(answer->body) + "\n");
    const std::string detail = member_of(answer->body, "detail");
    return complain(refused, detail.empty() ? fmt::format("the server answers {}", answer->status) : detail);
}

}  // namespace rotunda::cli
