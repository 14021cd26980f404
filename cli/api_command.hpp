// Runs a command against a running server.
#pragma once

#include <string>

#include "cli/http_client.hpp"
#include "cli/verbs.hpp"

namespace rotunda::cli {

struct ApiCommand {
    const Verb* verb = nullptr;  // none: no such command
    Arguments arguments;
    bool json = false;  // the server's own answer, for scripts
    // Where the server is and what opens it; empty: see find_access().
    std::string address;
    std::string token_file;
};

// What a script can tell by the exit status.
enum ExitStatus : int { done = 0, wrong_use = 1, refused = 2, unreachable = 3 };

// Prints what the server answers, or on standard error why it did not do it; an ExitStatus.
int run_api_command(const ApiCommand& command, const ApiAccess& access);

// --api or ROTUNDA_API, else http.listen as configured (`configured`), else the default; the token of
// --token-file, ROTUNDA_TOKEN_FILE or ROTUNDA_TOKEN.
Result<ApiAccess> find_access(const ApiCommand& command, std::string_view configured);

}  // namespace rotunda::cli
