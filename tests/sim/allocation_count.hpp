// Counts what operator new hands out, for the promise that media ticks take nothing from the heap.
#pragma once

#include <cstdint>

namespace rotunda::sim {

// Since the program began.
std::uint64_t allocations();
// Handed out and not yet given back.
std::int64_t live_allocations();

}  // namespace rotunda::sim
