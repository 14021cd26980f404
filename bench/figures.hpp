// What one run measured. Plain values; times in ms where the name says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "bench/bare_timer.hpp"
#include "bench/mix_check.hpp"

namespace rotunda::bench {

struct CallFigures {
    std::size_t tried = 0;
    std::size_t set_up = 0;
    std::map<int, std::size_t> refused;  // by status; 0: no usable answer
    std::size_t dropped = 0;             // ended by the server before the run did
    std::vector<double> setup_ms;        // INVITE to answer
};

struct MediaFigures {
    std::uint64_t sent = 0;
    std::uint64_t unsent = 0;  // refused by our own kernel
    std::uint64_t late = 0;    // sent more than 5 ms after their deadline: the load itself was not on time
    std::uint64_t received = 0;
    std::uint64_t expected = 0;  // by the clock: a packet a ptime for every caller
    std::uint64_t lost = 0;      // by sequence number
    std::size_t silent = 0;      // callers who got nothing
    double largest_gap_ms = 0;
    std::vector<double> jitter_ms;  // of each caller (RFC 3550 §6.4.1)
};

struct CostFigures {
    double cpu_ms = 0;  // per participant-second
    std::uint64_t rss_before_kb = 0;
    std::uint64_t rss_kb = 0;  // at the end of the steady part
};

struct RunFigures {
    std::size_t participants = 0;  // in the steady part
    double seconds = 0;            // of it
    CallFigures calls;
    MediaFigures media;
    std::optional<MixFigures> mix;
    std::optional<WitnessFigures> witness;
    std::optional<CostFigures> cost;
    BareTimer::Figures timer;  // while it was measured
    double own_cpu_ms = 0;     // the load's, per participant-second
};

// The value below which `part` (0 to 1) of the values lie, by the nearest rank; 0 of none.
double percentile(std::vector<double> values, double part);
double median(std::vector<double> values);

}  // namespace rotunda::bench
