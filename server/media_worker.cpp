#include "server/media_worker.hpp"

#include <pthread.h>

#include <chrono>
#include <ctime>
#include <future>
#include <mutex>
#include <thread>

#include "server/doorbell.hpp"
#include "server/system_random.hpp"

namespace rotunda::server {
namespace {

// A worker that wakes by itself so soon is not woken for a command: it does what is posted before each tick.
constexpr Duration soon = std::chrono::milliseconds(20);
// With many rooms a tick is due every few microseconds: those of so long a time are done at one waking.
constexpr Duration between_wakings = std::chrono::milliseconds(1);

}  // namespace

class MediaWorker::Thread {
  public:
    Thread(const Clock& clock, const rtp::DtlsIdentity* dtls, Deliver deliver)
        : clock_(clock),
          deliver_(std::move(deliver)),
          engine_(random_, clock.wall_offset(), dtls),
          thread_([this] { run(); }) {}

    ~Thread() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        bell_.ring();
        thread_.join();
    }

    void post(media::RoomCommand command) {
        bool oversleeps = false;
        {
            const std::lock_guard lock(mutex_);
            inbox_.push_back(std::move(command));
            oversleeps = std::exchange(asleep_, false) && (!wakes_at_ || *wakes_at_ > clock_.now() + soon);
        }
        if (oversleeps) bell_.ring();
    }

    media::MediaCounters counters() const {
        const std::lock_guard lock(mutex_);
        return counters_;
    }

    Duration cpu() const {
        clockid_t clock = 0;
        timespec used{};
        // native_handle() is no const member, though it changes nothing.
        if (pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0) return {};
        clock_gettime(clock, &used);
        return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    }

    ThreadPriority priority() const { return priority_.get(); }

    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return inbox_.size();
    }

  private:
    void run() {
        pthread_setname_np(pthread_self(), "media");
        // A tick that is late because of other programs is heard as jitter.
        granted_.set_value(prefer_this_thread());
        while (take_commands()) {
            run_ticks();
            hand_over_events();
            publish_counters();
            if (!lie_down()) continue;
            bell_.wait(clock_, wakes_at_);
            woken_at_ = clock_.now();
        }
    }

    // What is due, but commands and events wait no longer than some slices of about a millisecond. However
    // many commands come: one slice between them.
    void run_ticks() {
        int slices = 0;
        do {
            const TimePoint now = clock_.now();
            if (!engine_due(now)) return;
            engine_.run_due(now);
        } while (++slices < 8 && !has_commands());
    }

    // False when there is something to do first.
    bool lie_down() {
        const std::lock_guard lock(mutex_);
        wakes_at_ = engine_.next_timeout();
        const bool due = wakes_at_ && *wakes_at_ <= clock_.now();
        if (wakes_at_) wakes_at_ = std::max(*wakes_at_, woken_at_ + between_wakings);
        return asleep_ = !due && inbox_.empty() && !stopping_;
    }

    // False once everything posted before the end has been done.
    bool take_commands() {
        std::vector<media::RoomCommand> commands;
        bool stopping = false;
        {
            const std::lock_guard lock(mutex_);
            asleep_ = false;
            commands.swap(inbox_);
            stopping = stopping_;
        }
        for (media::RoomCommand& command : commands) engine_.handle(std::move(command), clock_.now());
        if (stopping) engine_.settle(clock_.now());
        if (stopping) hand_over_events();
        return !stopping;
    }

    void publish_counters() {
        const std::lock_guard lock(mutex_);
        counters_ = engine_.counters();
    }

    bool engine_due(TimePoint now) const {
        const auto next = engine_.next_timeout();
        return next && *next <= now;
    }

    bool has_commands() const {
        const std::lock_guard lock(mutex_);
        return !inbox_.empty() || stopping_;
    }

    void hand_over_events() {
        auto events = engine_.take_events();
        if (!events.empty()) deliver_(std::move(events));
    }

    const Clock& clock_;
    Deliver deliver_;
    SystemRandom random_;
    media::MediaEngine engine_;

    mutable std::mutex mutex_;
    std::vector<media::RoomCommand> inbox_;
    bool asleep_ = false;  // and nothing has been posted since
    std::optional<TimePoint> wakes_at_;
    TimePoint woken_at_{};
    media::MediaCounters counters_;
    bool stopping_ = false;

    std::promise<ThreadPriority> granted_;
    const std::shared_future<ThreadPriority> priority_ = granted_.get_future().share();

    Doorbell bell_;
    std::thread thread_;  // last: it uses all of the above
};

MediaWorker::MediaWorker(const Clock& clock, const rtp::DtlsIdentity* dtls, Deliver deliver)
    : thread_(std::make_unique<Thread>(clock, dtls, std::move(deliver))) {}
MediaWorker::~MediaWorker() = default;

void MediaWorker::post(media::RoomCommand command) {
    thread_->post(std::move(command));
}

media::MediaCounters MediaWorker::counters() const {
    return thread_->counters();
}

Duration MediaWorker::cpu() const {
    return thread_->cpu();
}

ThreadPriority MediaWorker::priority() const {
    return thread_->priority();
}

std::size_t MediaWorker::waiting() const {
    return thread_->waiting();
}

}  // namespace rotunda::server
