// One media thread: takes commands, runs its engine's ticks on time, hands events back.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "media/media_engine.hpp"
#include "media/room_command.hpp"
#include "media/room_event.hpp"
#include "server/clock.hpp"
#include "server/thread_priority.hpp"

namespace rotunda::server {

class MediaWorker {
  public:
    // Called on the worker's thread, with at least one event.
    using Deliver = std::function<void(std::vector<media::RoomEvent> events)>;

    // Starts the thread. `clock` and `dtls` outlive the worker. Throws std::system_error if the system gives
    // no thread.
    MediaWorker(const Clock& clock, const rtp::DtlsIdentity* dtls, Deliver deliver);
    // Ends the thread after the commands posted so far; what then still stands is dropped.
    ~MediaWorker();

    // Any thread.
    void post(media::RoomCommand command);
    // As of the last turn of the thread. Any thread.
    media::MediaCounters counters() const;
    // What its thread has used. Any thread.
    Duration cpu() const;
    // What its thread was granted when it began; waits for that moment. Any thread.
    ThreadPriority priority() const;
    // Commands it has not taken yet. Any thread.
    std::size_t waiting() const;

  private:
    class Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace rotunda::server
