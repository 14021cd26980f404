#include "bench/process_watch.hpp"

#include <unistd.h>

#include <fstream>
#include <string>

#include "base/text.hpp"

namespace rotunda::bench {
namespace {

std::string proc_path(std::int64_t pid, const char* file) {
    return "/proc/" + std::to_string(pid) + "/" + file;
}

std::uint64_t resident_kb(std::int64_t pid) {
    std::ifstream statm(proc_path(pid, "statm"));
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace

std::optional<std::uint64_t> cpu_ticks(std::string_view stat_line) {
    // The name, in parentheses, may hold spaces and parentheses of its own.
    const auto name_end = stat_line.rfind(')');
    if (name_end == stat_line.npos) return std::nullopt;
    std::string_view rest = trim(stat_line.substr(name_end + 1));
    constexpr int utime = 11;  // fields behind the name: state is 0
    std::uint64_t ticks = 0;
    for (int field = 0; field <= utime + 1; ++field) {
        const auto [head, tail] = split_once(rest, ' ');
        if (field >= utime) {
            const auto value = parse_number<std::uint64_t>(head, UINT64_MAX);
            if (!value) return std::nullopt;
            ticks += *value;
        }
        rest = tail.value_or(std::string_view{});
    }
    return ticks;
}

std::optional<ProcessUse> process_use(std::int64_t pid) {
    std::ifstream stat(proc_path(pid, "stat"));
    std::string line;
    if (!std::getline(stat, line)) return std::nullopt;
    const auto ticks = cpu_ticks(line);
    if (!ticks) return std::nullopt;
    const Duration tick = std::chrono::nanoseconds(std::chrono::seconds(1)) / sysconf(_SC_CLK_TCK);
    return ProcessUse{tick * static_cast<std::int64_t>(*ticks), resident_kb(pid)};
}

}  // namespace rotunda::bench
