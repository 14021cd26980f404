#include "server/process_limits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace rotunda::server {
namespace {

// The control group (version 2) as the kernel tells it, "/" in a container that sees none but its own.
std::filesystem::path own_group() {
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("0::/")) return line.substr(3);
    return "/";
}

// "max 100000", or microseconds of CPU time in each period of so many.
std::optional<double> quota_of(const std::string& group) {
    std::ifstream file(group + "/cpu.max");
    double quota = 0, period = 0;
    if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
    return quota / period;
}

Duration read_clock(clockid_t clock) {
    timespec used{};
    clock_gettime(clock, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

std::size_t raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

double granted_cores() {
    double cores = std::max(1U, std::thread::hardware_concurrency());
    for (std::filesystem::path group = own_group();; group = group.parent_path()) {
        cores = std::min(cores, quota_of("/sys/fs/cgroup" + group.string()).value_or(cores));
        if (!group.has_relative_path()) return cores;
    }
}

Duration process_cpu() {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

Duration thread_cpu() {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace rotunda::server
