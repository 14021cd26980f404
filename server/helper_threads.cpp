#include "server/helper_threads.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace rotunda::server {
namespace {

constexpr int nice_value = 10;

}  // namespace

void yield_to_audio(const char* thread_name) {
    pthread_setname_np(pthread_self(), thread_name);
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice_value);
}

HelperThreads::HelperThreads(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { help(); });
}

HelperThreads::~HelperThreads() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void HelperThreads::run(std::span<const media::Job> jobs) {
    if (jobs.size() < 2 || threads_.empty()) {
        for (const media::Job& job : jobs) job();
        return;
    }
    std::unique_lock lock(mutex_);
    jobs_ = jobs;
    next_ = 0;
    unfinished_ = jobs.size();
    work_.notify_all();
    while (do_one(lock)) {
    }
    done_.wait(lock, [this] { return unfinished_ == 0; });
    jobs_ = {};
}

bool HelperThreads::do_one(std::unique_lock<std::mutex>& lock) {
    if (next_ >= jobs_.size()) return false;
    const media::Job& job = jobs_[next_++];
    lock.unlock();
    job();
    lock.lock();
    if (--unfinished_ == 0) done_.notify_one();
    return true;
}

void HelperThreads::help() {
    yield_to_audio("video-help");
    std::unique_lock lock(mutex_);
    while (!stopping_)
        if (!do_one(lock)) work_.wait(lock, [this] { return stopping_ || next_ < jobs_.size(); });
}

}  // namespace rotunda::server
