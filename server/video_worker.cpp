#include "server/video_worker.hpp"

#include <mutex>
#include <thread>
#include <utility>

#include "server/doorbell.hpp"
#include "server/helper_threads.hpp"
#include "server/system_random.hpp"

namespace rotunda::server {

class VideoWorker::Thread {
  public:
    Thread(const Clock& clock, const rtp::DtlsIdentity* dtls, std::size_t helpers,
           const codecs::VideoTuning& tuning, Deliver deliver)
        : clock_(clock),
          deliver_(std::move(deliver)),
          helpers_(helpers),
          engine_(random_, clock.wall_offset(), helpers_, tuning, dtls),
          thread_([this] { run(); }) {}

    ~Thread() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        bell_.ring();
        thread_.join();
    }

    void post(media::VideoCommand command) {
        {
            const std::lock_guard lock(mutex_);
            inbox_.push_back(std::move(command));
        }
        bell_.ring();
    }

    media::VideoCounters counters() const {
        const std::lock_guard lock(mutex_);
        return counters_;
    }

    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return inbox_.size();
    }

  private:
    void run() {
        yield_to_audio("video");
        while (take_commands()) {
            if (const auto next = engine_.next_timeout(); next && *next <= clock_.now()) {
                engine_.run_due(clock_.now());
                engine_.turn_ended(clock_.now());
            } else {
                bell_.wait(clock_, next);
            }
            hand_over();
        }
    }

    // False once everything posted before the end has been done.
    bool take_commands() {
        std::vector<media::VideoCommand> commands;
        bool stopping = false;
        {
            const std::lock_guard lock(mutex_);
            commands.swap(inbox_);
            stopping = stopping_;
        }
        for (media::VideoCommand& command : commands) engine_.handle(std::move(command), clock_.now());
        if (!commands.empty() || stopping) hand_over();
        return !stopping;
    }

    void hand_over() {
        if (auto events = engine_.take_events(); !events.empty()) deliver_(std::move(events));
        const std::lock_guard lock(mutex_);
        counters_ = engine_.counters();
    }

    const Clock& clock_;
    Deliver deliver_;
    SystemRandom random_;
    HelperThreads helpers_;
    media::VideoEngine engine_;

    mutable std::mutex mutex_;
    std::vector<media::VideoCommand> inbox_;
    media::VideoCounters counters_;
    bool stopping_ = false;

    Doorbell bell_;
    std::thread thread_;  // last: it uses all of the above
};

VideoWorker::VideoWorker(const Clock& clock, const rtp::DtlsIdentity* dtls, std::size_t helpers,
                         const codecs::VideoTuning& tuning, Deliver deliver)
    : thread_(std::make_unique<Thread>(clock, dtls, helpers, tuning, std::move(deliver))) {}
VideoWorker::~VideoWorker() = default;

void VideoWorker::post(media::VideoCommand command) {
    thread_->post(std::move(command));
}

media::VideoCounters VideoWorker::counters() const {
    return thread_->counters();
}

std::size_t VideoWorker::waiting() const {
    return thread_->waiting();
}

}  // namespace rotunda::server
