#include "cli/watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "cli/printable.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace rotunda::cli {

namespace json_ = boost::json;

namespace {

constexpr std::string_view clear_screen = "\x1b[H\x1b[2J";
constexpr std::string_view data = "data: ";

Result<HttpAnswer> print_events(const HttpClient& client, bool json) {
    return client.stream("/v1/events", [json](std::string_view line) {
        if (!line.starts_with(data)) return true;
        line.remove_prefix(data.size());
        fmt::print("{}\n", json ? printable_json(line) : event_line(line));
        return std::fflush(stdout) == 0;
    });
}

// Every room with those who are in it.
Result<std::string> picture(const HttpClient& client, const json_::array& rooms) {
    std::string out;
    const Verb& verb = *find_verb("room");
    for (const json_::value& room : rooms) {
        const std::string name(room.at("name").as_string());
        const auto answer = client.ask("GET", path_for(verb, {{"room", name}}));
        if (!answer) return fail(Error(answer.error()));
        out += fmt::format("\nroom {}\n{}", printable(name), table_of(answer->body, verb.list, verb.columns));
    }
    return out;
}

Result<HttpAnswer> draw(const HttpClient& client) {
    while (true) {
        auto state = client.ask("GET", "/v1/state");
        if (!state || !state->ok()) return state;
        const auto rooms = client.ask("GET", "/v1/rooms");
        if (!rooms || !rooms->ok()) return rooms;
        json_::error_code error;
        const auto document = json_::parse(rooms->body, error);
        if (error) return fail_with("what answers there is not Rotunda");
        const auto drawn = picture(client, document.at("rooms").as_array());
        if (!drawn) return fail(Error(drawn.error()));
        fmt::print("{}Rotunda {}   {} calls   {} rooms   up {} s{}\n{}", clear_screen,
                   member_of(state->body, "version"), member_of(state->body, "calls"),
                   member_of(state->body, "rooms"), member_of(state->body, "uptime_s"),
                   member_of(state->body, "draining") == "yes" ? "   DRAINING" : "", *drawn);
        if (std::fflush(stdout) != 0) return HttpAnswer{200, {}};
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}

}  // namespace

std::string event_line(std::string_view json) {
    std::string line = fmt::format("{:24}  {:18}", member_of(json, "time"), member_of(json, "event"));
    for (const std::string_view name : {"room", "participant", "from", "codec", "cause", "status", "message"})
        if (const std::string value = member_of(json, name); !value.empty())
            line += fmt::format("  {}={}", name, value);
    return line;
}

Result<HttpAnswer> watch(const HttpClient& client, bool json) {
    return json || isatty(STDOUT_FILENO) == 0 ? print_events(client, json) : draw(client);
}

}  // namespace rotunda::cli
