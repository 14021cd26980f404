// The newest picture of a sender, and those that wait for his voice.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "base/picture.hpp"
#include "base/time.hpp"

namespace rotunda::media {

// Sans-IO; used by one thread at a time.
class PictureHold {
  public:
    // How long what comes from now on waits; what waits already keeps its time.
    void set(Duration hold) { hold_ = hold; }

    void push(Picture picture, TimePoint now) {
        if (hold_ <= Duration{} && waiting_.empty()) {
            shown_ = std::move(picture);
            return;
        }
        // Somebody who films faster than anybody should is seen a little early.
        if (waiting_.size() == most_waiting) take_first();
        waiting_.push_back({std::move(picture), now + hold_});
    }
    // Those whose time has come follow each other.
    void advance(TimePoint now) {
        while (!waiting_.empty() && waiting_.front().due <= now) take_first();
    }
    const std::optional<Picture>& shown() const { return shown_; }

  private:
    static constexpr std::size_t most_waiting = 20;
    struct Waiting {
        Picture picture;
        TimePoint due;
    };
    void take_first() {
        shown_ = std::move(waiting_.front().picture);
        waiting_.pop_front();
    }

    Duration hold_{};
    std::deque<Waiting> waiting_;
    std::optional<Picture> shown_;
};

}  // namespace rotunda::media
