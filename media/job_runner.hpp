// Independent pieces of work, done side by side.
#pragma once

#include <functional>
#include <span>

namespace rotunda::media {

using Job = std::function<void()>;

class JobRunner {
  public:
    virtual ~JobRunner() = default;
    // Runs each of them once, in any order and on any thread, and returns when all are done. A job touches
    // only what no other job of the list touches.
    virtual void run(std::span<const Job> jobs) = 0;
};

// One after the other on the caller's thread.
class InlineJobs final : public JobRunner {
  public:
    void run(std::span<const Job> jobs) override {
        for (const Job& job : jobs) job();
    }
};

}  // namespace rotunda::media
