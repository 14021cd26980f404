// What rotunda-load is asked to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/srtp_keys.hpp"
#include "base/time.hpp"
#include "bench/caller_kind.hpp"

namespace rotunda::bench {

struct LoadOptions {
    std::string target;  // "sip:{room}@192.0.2.1:5060"; {room} becomes 1, 2, ...; empty: the floor alone
    std::size_t callers = 100;
    std::size_t rooms = 1;
    std::size_t talkers = 1;               // in each room
    std::vector<CallerKind> kinds = {{}};  // of a room's callers in turn, over and over
    int ptime_ms = 20;
    bool dtx = false;     // who does not talk sends nothing (Opus: what its encoder's DTX leaves)
    bool marked = false;  // who does not talk sends on, marked as silence (RFC 6464)
    double babble = 0;    // of those who do not talk, 0 to 1: in place of noise a murmur of voices
    std::optional<SrtpSuite> srtp;
    double ramp_per_s = 100;                       // new calls a second
    Duration duration = std::chrono::seconds(20);  // of the steady part
    std::string speech;                            // WAV file the talkers speak from; empty: tones alone
    std::int64_t pid = 0;                          // the server's, if it runs on this host
    std::string json;                              // file for the figures; empty: none
    bool floor = false;                            // measure a bare reflector too
    bool codecs = false;                           // measure one decode and one encode for each, too
    bool witness = false;                          // one listener's recording of the whole steady part
    std::size_t pairs = 1;                         // of floor and server
};

struct LoadCommand {
    std::optional<LoadOptions> options;  // none: print `text` and exit with `status`
    std::string text;
    int status = 0;
};

// Arguments as main() gets them.
LoadCommand parse_load_options(int argc, const char* const* argv);

// "200/s" or "200": per second, above 0. "20s", "500ms", "2m".
std::optional<double> parse_rate(std::string_view text);
std::optional<Duration> parse_duration(std::string_view text);

// What caller `index` speaks.
inline const CallerKind& kind_of(const LoadOptions& options, std::size_t index) {
    return options.kinds[index / options.rooms % options.kinds.size()];
}

// The URI of room `index`, counted from 0.
std::string room_uri(const LoadOptions& options, std::size_t index);

}  // namespace rotunda::bench
