#include "media/handshake_queue.hpp"

#include <algorithm>

#include "media/secure_path.hpp"

namespace rotunda::media {

void HandshakeQueue::add(SecurePath& path, TimePoint now) {
    if (std::ranges::find(waiting_, &path) != waiting_.end()) return;
    if (waiting_.empty()) since_ = now;
    waiting_.push_back(&path);
}

void HandshakeQueue::remove(const SecurePath& path) {
    std::erase(waiting_, &path);
}

std::optional<TimePoint> HandshakeQueue::next_timeout() const {
    return waiting_.empty() ? std::nullopt : std::optional(since_);
}

bool HandshakeQueue::is_due(TimePoint now, bool busy) const {
    return !waiting_.empty() && (!busy || now - since_ >= patience);
}

void HandshakeQueue::run_one(TimePoint now) {
    SecurePath& path = *waiting_.front();
    waiting_.pop_front();
    since_ = now;
    if (path.run_step(now)) add(path, now);
}

}  // namespace rotunda::media
