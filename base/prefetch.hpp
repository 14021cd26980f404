// Asks the processor for memory that is needed soon. A worker with a thousand sessions finds none of them in
// its cache; asked for while the ones before are at work, they are there when their turn comes.
#pragma once

#include <cstddef>

namespace rotunda {

inline constexpr std::size_t cache_line = 64;

inline void prefetch(const void* from, std::size_t size) {
    const char* const begin = static_cast<const char*>(from);
    for (std::size_t at = 0; at < size; at += cache_line) __builtin_prefetch(begin + at);
}

inline void prefetch_between(const void* from, const void* to) {
    prefetch(from, static_cast<std::size_t>(static_cast<const char*>(to) - static_cast<const char*>(from)));
}

}  // namespace rotunda
