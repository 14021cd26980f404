#include "server/overload_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rotunda::server {
namespace {

double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

OverloadWatch::Share OverloadWatch::share_of(ThreadLoad& before, const ThreadLoad& now, double seconds) {
    const std::uint64_t tasks = now.tasks - before.tasks, late = now.late - before.late;
    const Share share{tasks > 0 ? double(late) / double(tasks) : 0,
                      in_seconds(now.cpu - before.cpu) / seconds};
    before = now;
    return share;
}

Strain OverloadWatch::update(const ServerLoad& load, TimePoint now) {
    const double seconds = std::max(in_seconds(now - looked_at_), 1e-3);
    looked_at_ = now;
    const bool all_busy =
        in_seconds(load.cpu - std::exchange(cpu_before_, load.cpu)) >= busy * seconds * cores_;
    before_.resize(load.threads.size());
    // Who was found busy is so until he clearly is not: at the bar itself the two would take turns.
    const double bar = busy_for_ > 0 ? busy / 2 : busy;
    double worst = 0;
    bool ours = false;
    for (std::size_t n = 0; n < load.threads.size(); ++n) {
        const Share share = share_of(before_[n], load.threads[n], seconds);
        worst = std::max(worst, share.late);
        ours |= share.late >= strained && (all_busy || share.cpu >= bar);
    }
    strained_for_ = worst >= strained ? strained_for_ + 1 : 0;
    busy_for_ = ours ? busy_for_ + 1 : 0;
    idle_for_ = ours ? 0 : idle_for_ + 1;
    calm_for_ = worst <= calm ? calm_for_ + 1 : 0;
    if (busy_for_ >= looks) strain_ = Strain::ours;
    if (strained_for_ >= looks && idle_for_ >= looks) strain_ = Strain::others;
    if (calm_for_ >= looks) strain_ = Strain::none;
    return strain_;
}

}  // namespace rotunda::server
