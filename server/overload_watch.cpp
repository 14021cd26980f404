#include "server/overload_watch.hpp"

#include <algorithm>

namespace rotunda::server {

bool OverloadWatch::update(const std::vector<media::MediaCounters>& workers) {
    before_.resize(workers.size());
    double worst = 0;
    for (std::size_t n = 0; n < workers.size(); ++n) {
        const Seen now{workers[n].ticks + workers[n].skipped_ticks,
                       workers[n].late_ticks + workers[n].skipped_ticks};
        const std::uint64_t ticks = now.ticks - before_[n].ticks, late = now.late - before_[n].late;
        before_[n] = now;
        if (ticks > 0) worst = std::max(worst, double(late) / double(ticks));
    }
    strained_for_ = worst >= strained ? strained_for_ + 1 : 0;
    calm_for_ = worst <= calm ? calm_for_ + 1 : 0;
    if (strained_for_ >= seconds) overloaded_ = true;
    if (calm_for_ >= seconds) overloaded_ = false;
    return overloaded_;
}

}  // namespace rotunda::server
