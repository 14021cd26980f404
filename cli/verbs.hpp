// The commands that speak to a running server: what each is called, what it asks of the API, how the answer
// is shown. One table, from which the command line, its help and the shells' completion are made.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace rotunda::cli {

struct Verb {
    enum class Show : unsigned char {
        nothing,  // the status says it all
        lines,    // a line for each member
        table,    // `columns` of the array `list`
        ladder,   // SIP messages, in and out
        raw,      // octet for octet, for a file
        watch,    // again and again, until interrupted
    };

    std::string_view name;
    std::string_view help;
    std::string_view arguments;  // names with spaces between them
    std::string_view method;
    std::string_view path;  // "{argument}" stands for what was given, percent-encoded
    std::string_view body;  // JSON; "{argument}" is a JSON string, "{=argument}" the bare word (a number)
    Show show = Show::nothing;
    std::string_view list;
    std::string_view columns;
};

std::span<const Verb> verbs();
const Verb* find_verb(std::string_view name);

using Arguments = std::map<std::string, std::string, std::less<>>;
std::string path_for(const Verb& verb, const Arguments& arguments);
std::string body_for(const Verb& verb, const Arguments& arguments);

}  // namespace rotunda::cli
