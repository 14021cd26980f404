#include "cli/watch.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
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
constexpr std::ptrdiff_t usual_lines = 24;

Result<HttpAnswer> print_events(const HttpClient& client, bool json) {
    bool read = true;
    auto answer = client.stream("/v1/events", [json, &read](std::string_view line) {
        if (!line.starts_with(data)) return true;
        line.remove_prefix(data.size());
        fmt::print("{}\n", json ? printable_json(line) : event_line(line));
        return read = std::fflush(stdout) == 0;
    });
    if (answer && answer->ok() && read) return fail_with("the server has ended the stream of events");
    return answer;
}

std::uint64_t people_in(const json_::value& room) {
    return room.at("participants").to_number<std::uint64_t>();
}

std::ptrdiff_t lines_of(std::string_view text) {
    return std::count(text.begin(), text.end(), '\n');
}

std::ptrdiff_t lines_of_screen() {
    winsize screen{};
    const bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &screen) == 0 && screen.ws_row > 0;
    return told ? screen.ws_row : usual_lines;
}

// There is nothing to ask about them.
std::string empty_rooms(const json_::array& rooms) {
    std::string out;
    for (const json_::value& room : rooms)
        if (people_in(room) == 0)
            out += fmt::format("\nroom {}\n", printable(std::string_view(room.at("name").as_string())));
    return out;
}

// Those with people first, as many as the screen has place for: each costs the server a request.
Result<std::string> picture(const HttpClient& client, const json_::array& rooms) {
    std::string out;
    const Verb& verb = *find_verb("room");
    const std::ptrdiff_t place = lines_of_screen() - 1;
    for (const json_::value& room : rooms) {
        if (people_in(room) == 0) continue;
        if (lines_of(out) >= place) break;
        const std::string name(room.at("name").as_string());
        const auto answer = client.ask("GET", path_for(verb, {{"room", name}}));
        if (!answer) return fail(Error(answer.error()));
        if (!answer->ok()) continue;  // it has closed meanwhile, or others ask too much
        out += fmt::format("\nroom {}\n{}", printable(name), table_of(answer->body, verb.list, verb.columns));
    }
    return out + empty_rooms(rooms);
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
