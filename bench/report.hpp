// The figures for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/figures.hpp"
#include "bench/load_options.hpp"

namespace rotunda::bench {

// A pair is a floor and a server run made one after the other; either may be missing.
struct RunPair {
    std::optional<RunFigures> floor;
    std::optional<RunFigures> server;
    std::optional<double> codecs_cpu_ms;  // codec_floor()
};

// A floor that costs more says that the machine was busy with something else.
inline constexpr double most_floor_cpu_ms = 0.4;

// Server's cost over floor's, the median of all pairs that have both; none: no such pair.
std::optional<double> ratio_to_floor(const std::vector<RunPair>& pairs);

std::string report_table(const LoadOptions& options, const std::vector<RunPair>& pairs);
std::string report_json(const LoadOptions& options, const std::vector<RunPair>& pairs);

// All calls stood, nothing was lost, every mix checked was right.
bool is_clean(const RunFigures& run);

}  // namespace rotunda::bench
