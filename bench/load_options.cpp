#include "bench/load_options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <charconv>
#include <map>

#include "signaling/uri.hpp"

namespace rotunda::bench {
namespace {

constexpr std::string_view room_mark = "{room}";
constexpr std::size_t most_callers = 30000;  // a socket and a port for each

// A decimal number and what stands behind it.
std::optional<std::pair<double, std::string_view>> split_unit(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || !(value > 0) || value > 1e6) return std::nullopt;
    return std::pair{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

// Empty: the options fit together.
std::string contradiction(const LoadOptions& o) {
    if (o.target.empty() && !o.floor) return "say whom to call, sip:{room}@HOST:PORT, or --floor";
    if (!o.target.empty() && !sip::Uri::parse(room_uri(o, 0))) return o.target + " is no SIP URI";
    if (o.rooms > o.callers) return "more rooms than callers";
    if (o.rooms > 1 && !o.target.empty() && o.target.find(room_mark) == std::string::npos)
        return "several rooms need {room} in the URI";
    if (o.marked && o.dtx) return "who marks his silence sends it: not both --dtx and --marked";
    if (o.talkers * o.rooms > o.callers) return "more talkers than callers";
    if (o.codecs && o.talkers * o.rooms != o.callers) return "--codecs is for rooms in which everybody talks";
    if (o.witness && (o.talkers == 0 || o.talkers * o.rooms == o.callers))
        return "--witness wants a talker and a listener";
    return {};
}

struct Texts {
    std::string ramp = "100/s";
    std::string duration = "20s";
    std::string kinds = "pcmu";
};

void declare(CLI::App& app, LoadOptions& o, Texts& texts) {
    const std::map<std::string, SrtpSuite> suites = {{"cm", SrtpSuite::aes_cm_128_hmac_sha1_80},
                                                     {"gcm", SrtpSuite::aead_aes_128_gcm}};
    app.add_option("target", o.target, "sip:{room}@HOST:PORT; {room} becomes 1, 2, ...")->type_name("URI");
    app.add_option("--callers", o.callers, "how many call")->check(CLI::Range(std::size_t{1}, most_callers));
    app.add_option("--rooms", o.rooms, "how many rooms they are spread over")
        ->check(CLI::Range(std::size_t{1}, most_callers));
    app.add_option("--talkers", o.talkers, "talkers in each room; the others send faint noise");
    app.add_option("--codec", texts.kinds,
                   "pcmu, pcma, g722, opus (as a phone sets it: opus-voip) or opus-audio; several for the "
                   "callers of a room in turn: pcmu:2,g722,opus")
        ->type_name("CODEC[:N],...");
    app.add_option_function<std::string>(
           "--srtp", [&o, suites](const std::string& name) { o.srtp = suites.at(name); },
           "SRTP with keys in SDP: cm (AES_CM_128_HMAC_SHA1_80) or gcm (AEAD_AES_128_GCM)")
        ->check(CLI::IsMember({"cm", "gcm"}))
        ->type_name("SUITE");
    app.add_option("--ptime", o.ptime_ms, "milliseconds in a packet")
        ->check(CLI::IsMember({10, 20, 30, 40, 60}));
    app.add_flag("--dtx", o.dtx, "who does not talk sends nothing");
    app.add_flag("--marked", o.marked, "who does not talk sends on, marked as silence (RFC 6464)");
    app.add_option("--babble", o.babble, "this part of those who do not talk sends a murmur of voices")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--ramp", texts.ramp, "new calls a second")->type_name("N/s");
    app.add_option("--duration", texts.duration, "of the steady part, once all calls stand")
        ->type_name("TIME");
    app.add_option("--speech", o.speech, "WAV file (mono, 16 bit; 8, 16 or 48 kHz) the talkers speak from")
        ->check(CLI::ExistingFile);
    app.add_option("--pid", o.pid, "the server's process on this host: reports its CPU time and memory");
    app.add_option("--json", o.json, "write the figures to this file")->type_name("FILE");
    app.add_flag("--floor", o.floor, "send the same to a bare reflector: what the socket calls alone cost");
    app.add_flag("--codecs", o.codecs,
                 "where all talk: one decode and one encode for each caller, and nothing else");
    app.add_flag("--witness", o.witness,
                 "record all that one listener hears: the longest time without the talkers' tones");
    app.add_option("--pairs", o.pairs, "so many times floor and server in turn; the ratio is the median")
        ->check(CLI::Range(1, 99));
}

}  // namespace

std::optional<double> parse_rate(std::string_view text) {
    const auto parsed = split_unit(text);
    if (!parsed || (!parsed->second.empty() && parsed->second != "/s")) return std::nullopt;
    return parsed->first;
}

std::optional<Duration> parse_duration(std::string_view text) {
    const auto parsed = split_unit(text);
    if (!parsed) return std::nullopt;
    double seconds = 0;
    if (parsed->second == "s")
        seconds = 1;
    else if (parsed->second == "ms")
        seconds = 1e-3;
    else if (parsed->second == "m")
        seconds = 60;
    else
        return std::nullopt;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(parsed->first * seconds));
}

std::string room_uri(const LoadOptions& options, std::size_t index) {
    std::string uri = options.target;
    if (const auto at = uri.find(room_mark); at != std::string::npos)
        uri.replace(at, room_mark.size(), std::to_string(index + 1));
    return uri;
}

LoadCommand parse_load_options(int argc, const char* const* argv) {
    LoadOptions options;
    Texts texts;
    CLI::App app("rotunda-load: how many callers a SIP conference server carries, and how well.",
                 "rotunda-load");
    declare(app, options, texts);
    const auto complain = [](const std::string& why) {
        return LoadCommand{std::nullopt, "rotunda-load: " + why + "; see rotunda-load --help\n", 2};
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return {std::nullopt, app.help(), 0};
    } catch (const CLI::ParseError& e) {
        return complain(e.what());
    }
    const auto ramp = parse_rate(texts.ramp);
    const auto duration = parse_duration(texts.duration);
    if (!ramp) return complain("--ramp wants something like 200/s");
    if (!duration || *duration < std::chrono::seconds(1))
        return complain("--duration wants something like 20s, at least 1s");
    auto kinds = parse_kinds(texts.kinds);
    if (!kinds) return complain("--codec wants something like opus, or pcmu:2,g722,opus");
    options.kinds = std::move(*kinds);
    options.ramp_per_s = *ramp;
    options.duration = *duration;
    if (std::string why = contradiction(options); !why.empty()) return complain(why);
    return {std::move(options), {}, 0};
}

}  // namespace rotunda::bench
