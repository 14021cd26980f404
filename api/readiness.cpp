#include "api/readiness.hpp"

#include <fmt/format.h>

namespace rotunda::api {
namespace {

constexpr Duration window = std::chrono::seconds(15);
constexpr Duration between_samples = std::chrono::seconds(1);
// Fewer say nothing: two of one hundred may be the machine's start.
constexpr std::uint64_t least_ticks = 200;
constexpr double most_late = 0.01;

}  // namespace

std::optional<std::string> Readiness::why_not(const Load& load, TimePoint now) {
    const bool late = is_late(load, now);
    if (load.draining) return "Draining: no new calls.";
    if (load.calls >= load.calls_max)
        return fmt::format("Full: {} of {} calls (calls.max).", load.calls, load.calls_max);
    if (load.free_media_pairs == 0) return "No media port is free (media.ports).";
    if (late || load.overloaded) return "Audio ticks are late: this machine has more to do than it can.";
    return std::nullopt;
}

bool Readiness::is_late(const Load& load, TimePoint now) {
    while (samples_.size() > 1 && now - samples_[1].at >= window) samples_.pop_front();
    bool late = false;
    if (!samples_.empty()) {
        const std::uint64_t ticks = load.ticks - samples_.front().ticks;
        const std::uint64_t late_ticks = load.late_ticks - samples_.front().late_ticks;
        late =
            ticks >= least_ticks && static_cast<double>(late_ticks) > most_late * static_cast<double>(ticks);
    }
    if (samples_.empty() || now - samples_.back().at >= between_samples)
        samples_.push_back({now, load.ticks, load.late_ticks});
    return late;
}

}  // namespace rotunda::api
