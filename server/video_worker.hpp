// One video thread and its helpers: takes commands, runs its engine's turns, hands events back. It sleeps
// while no room has video.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "media/video_engine.hpp"
#include "server/clock.hpp"

namespace rotunda::server {

class VideoWorker {
  public:
    // Called on the worker's thread, with at least one event.
    using Deliver = std::function<void(std::vector<media::VideoEvent> events)>;

    // Starts the thread and its helpers. `clock` and `dtls` outlive the worker. Throws std::system_error if
    // the system gives no thread.
    VideoWorker(const Clock& clock, const rtp::DtlsIdentity* dtls, std::size_t helpers,
                const codecs::VideoTuning& tuning, Deliver deliver);
    // Ends the thread after the commands posted so far; what then still stands is dropped.
    ~VideoWorker();

    // Any thread.
    void post(media::VideoCommand command);
    // As of the last turn of the thread. Any thread.
    media::VideoCounters counters() const;
    // Commands it has not taken yet. Any thread.
    std::size_t waiting() const;

  private:
    class Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace rotunda::server
