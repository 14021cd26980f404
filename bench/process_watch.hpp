// CPU time and memory of a process on this host, from /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace rotunda::bench {

struct ProcessUse {
    Duration cpu{};            // user and system, all threads, since it began
    std::uint64_t rss_kb = 0;  // resident
};

// None: there is no such process.
std::optional<ProcessUse> process_use(std::int64_t pid);

// Clock ticks (utime and stime) of a line of /proc/PID/stat; none if it is not one.
std::optional<std::uint64_t> cpu_ticks(std::string_view stat_line);

}  // namespace rotunda::bench
