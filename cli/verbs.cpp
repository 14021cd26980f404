#include "cli/verbs.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace rotunda::cli {
namespace {

using Show = Verb::Show;

constexpr std::string_view participant = "/v1/rooms/{room}/participants/{participant}";
constexpr std::string_view one_room = "/v1/rooms/{room}";

constexpr auto table = std::to_array<Verb>({
    {"status", "what the server holds", "", "GET", "/v1/state", "", Show::lines, "", ""},
    {"rooms", "the rooms that are open", "", "GET", "/v1/rooms", "", Show::table, "rooms",
     "name participants max_participants locked held worker"},
    {"room", "who is in a room", "room", "GET", "/v1/rooms/{room}/participants", "", Show::table,
     "participants",
     "id from audio.codec audio.direction audio.on_hold muted deafened volume_db talking level_dbov "
     "video.layout quality.mos seconds "
     "call_id"},
    {"watch", "rooms and participants, live", "", "GET", "/v1/events", "", Show::watch, "", ""},
    {"open", "open a room that stays until it is ended", "room", "POST", "/v1/rooms", R"({"name":{room}})",
     Show::nothing, "", ""},
    {"lock", "let nobody further into a room", "room", "PATCH", one_room, R"({"locked":true})", Show::nothing,
     "", ""},
    {"unlock", "let people into a room again", "room", "PATCH", one_room, R"({"locked":false})",
     Show::nothing, "", ""},
    {"limit", "change how many a room takes", "room participants", "PATCH", one_room,
     R"({"max_participants":{=participants}})", Show::nothing, "", ""},
    {"end", "end every call in a room", "room", "DELETE", one_room, "", Show::nothing, "", ""},
    {"say", "send a text message to everybody in a room", "room text", "POST", "/v1/rooms/{room}/message",
     R"({"text":{text}})", Show::lines, "", ""},
    {"dial", "call somebody into a room", "room target", "POST", "/v1/rooms/{room}/dial",
     R"({"target":{target}})", Show::lines, "", ""},
    {"cancel", "give up a call that is ringing", "dial", "DELETE", "/v1/dials/{dial}", "", Show::nothing, "",
     ""},
    {"kick", "end a participant's call", "room participant", "DELETE", participant, "", Show::nothing, "",
     ""},
    {"mute", "let nobody hear a participant", "room participant", "PATCH", participant, R"({"muted":true})",
     Show::nothing, "", ""},
    {"unmute", "let a participant be heard", "room participant", "PATCH", participant, R"({"muted":false})",
     Show::nothing, "", ""},
    {"deafen", "let a participant hear nobody", "room participant", "PATCH", participant,
     R"({"deafened":true})", Show::nothing, "", ""},
    {"undeafen", "let a participant hear the room", "room participant", "PATCH", participant,
     R"({"deafened":false})", Show::nothing, "", ""},
    {"volume", "how loud the others hear a participant, from -40 to 12 dB", "room participant decibels",
     "PATCH", participant, R"({"volume_db":{=decibels}})", Show::nothing, "", ""},
    {"suppress-noise", "take steady noise off a participant's voice", "room participant", "PATCH",
     participant, R"({"noise_suppression":true})", Show::nothing, "", ""},
    {"keep-noise", "leave a participant's voice as it is", "room participant", "PATCH", participant,
     R"({"noise_suppression":false})", Show::nothing, "", ""},
    {"noise-as-room", "treat a participant's voice as the room's are", "room participant", "PATCH",
     participant, R"({"noise_suppression":null})", Show::nothing, "", ""},
    {"end-video", "end a participant's video, and take none of his", "room participant", "PATCH", participant,
     R"({"video":false})", Show::nothing, "", ""},
    {"ask-video", "ask a participant's phone for video", "room participant", "PATCH", participant,
     R"({"video":true})", Show::nothing, "", ""},
    {"refer", "ask a participant's phone to call somebody else instead", "room participant target", "POST",
     "/v1/rooms/{room}/participants/{participant}/refer", R"({"target":{target}})", Show::nothing, "", ""},
    {"move", "take a participant to another room, with his call as it is", "room participant to", "POST",
     "/v1/rooms/{room}/participants/{participant}/move", R"({"room":{to}})", Show::nothing, "", ""},
    {"digits", "press keys towards a participant", "room participant digits", "POST",
     "/v1/rooms/{room}/participants/{participant}/digits", R"({"digits":{digits}})", Show::nothing, "", ""},
    {"layout", "the layout of a room's picture: grid, 1+5, 1+7, speaker, speaker+strip, side-by-side, pip",
     "room layout", "PATCH", one_room, R"({"layout":{layout}})", Show::nothing, "", ""},
    {"own-layout", "the layout of what one participant is shown", "room participant layout", "PATCH",
     participant, R"({"layout":{layout}})", Show::nothing, "", ""},
    {"spotlight", "whom the large seat shows; 0: whoever speaks", "room participant", "PATCH", one_room,
     R"({"spotlight":{=participant}})", Show::nothing, "", ""},
    {"bans", "addresses nothing is taken from", "", "GET", "/v1/bans", "", Show::table, "bans",
     "address reason seconds port"},
    {"ban", "take nothing from an address for so long", "address seconds", "POST", "/v1/bans",
     R"({"address":{address},"seconds":{=seconds}})", Show::nothing, "", ""},
    {"unban", "take what comes from an address again", "address", "DELETE", "/v1/bans/{address}", "",
     Show::nothing, "", ""},
    {"users", "who has an account", "", "GET", "/v1/users", "", Show::table, "users", "name contacts"},
    {"registrations", "where users are registered", "", "GET", "/v1/registrations", "", Show::table,
     "registrations", "user contact source expires_s"},
    {"trunks", "the trunks and how they are", "", "GET", "/v1/trunks", "", Show::table, "trunks",
     "name proxy registers registered reachable"},
    {"calls", "the calls that have ended, the latest first", "", "GET", "/v1/calls", "", Show::table, "calls",
     "ended room from seconds cause codec quality.lost quality.jitter_ms mos call_id"},
    {"trace", "the SIP messages of a call; --json has them whole", "call", "GET", "/v1/calls/{call}/messages",
     "", Show::ladder, "", ""},
    {"pcap", "the same as a capture file: rotunda pcap CALL > call.pcap", "call", "GET",
     "/v1/calls/{call}/pcap", "", Show::raw, "", ""},
    {"capture", "keep what a participant says and hears, for so many seconds", "room participant seconds",
     "POST", "/v1/rooms/{room}/participants/{participant}/capture", R"({"seconds":{=seconds}})",
     Show::nothing, "", ""},
    {"media-pcap", "what was captured, with the call's messages, as a capture file", "call", "GET",
     "/v1/calls/{call}/media.pcap", "", Show::raw, "", ""},
    {"drain", "take no new calls and end with the last one", "", "POST", "/v1/drain", "", Show::nothing, "",
     ""},
    {"reload", "read the configuration again without touching a call", "", "POST", "/v1/reload", "",
     Show::lines, "", ""},
});

// RFC 3986 §2.3: all but the unreserved.
std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const unsigned char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        out += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
    }
    return out;
}

std::string json_text(std::string_view text) {
    return boost::json::serialize(boost::json::value(boost::json::string(text.data(), text.size())));
}

// Replaces what of `pattern` is an argument's name in braces by what `replace` makes of it.
template <typename Replace>
std::string filled(std::string_view pattern, const Arguments& arguments, Replace replace) {
    std::string out(pattern);
    for (const auto& [name, value] : arguments)
        for (const bool bare : {false, true}) {
            const std::string hole = fmt::format("{{{}{}}}", bare ? "=" : "", name);
            if (const auto at = out.find(hole); at != out.npos)
                out.replace(at, hole.size(), replace(value, bare));
        }
    return out;
}

}  // namespace

std::span<const Verb> verbs() {
    return table;
}

const Verb* find_verb(std::string_view name) {
    for (const Verb& verb : table)
        if (verb.name == name) return &verb;
    return nullptr;
}

std::string path_for(const Verb& verb, const Arguments& arguments) {
    return filled(verb.path, arguments,
                  [](const std::string& value, bool) { return percent_encoded(value); });
}

std::string body_for(const Verb& verb, const Arguments& arguments) {
    return filled(verb.body, arguments,
                  [](const std::string& value, bool bare) { return bare ? value : json_text(value); });
}

}  // namespace rotunda::cli
