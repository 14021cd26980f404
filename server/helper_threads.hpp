// A video worker and the threads beside it, dividing a list of jobs among them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "media/job_runner.hpp"

namespace rotunda::server {

// Below every media thread, so that audio that wakes goes first. What is not permitted is done without.
void yield_to_audio(const char* thread_name);

class HelperThreads final : public media::JobRunner {
  public:
    // Starts `count` threads; 0 is a runner without help. Throws std::system_error if the system gives no
    // thread.
    explicit HelperThreads(std::size_t count);
    ~HelperThreads() override;

    // Called by one thread, which does its share.
    void run(std::span<const media::Job> jobs) override;

  private:
    void help();
    // Does one job, if there is one left; the lock is released meanwhile.
    bool do_one(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::condition_variable work_, done_;
    std::span<const media::Job> jobs_;
    std::size_t next_ = 0;
    std::size_t unfinished_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace rotunda::server
