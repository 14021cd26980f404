// The floor where everybody talks: one decode of what each caller sends and one encode of what he should
// hear, at the server's settings and in its rhythm, and nothing else.
#pragma once

#include <functional>

#include "bench/load_options.hpp"
#include "bench/voices.hpp"

namespace rotunda::bench {

// CPU time in ms per participant-second, taken on this thread over the options' duration. All are talkers.
double codec_floor(const LoadOptions& options, Voices& voices,
                   const std::function<void(double done)>& progress);

}  // namespace rotunda::bench
