// The signaling thread's reactor. Asio stays behind it: what waits for sockets and timers needs no more than
// this.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/time.hpp"
#include "server/clock.hpp"
#include "server/file_descriptor.hpp"

namespace boost::asio {
class io_context;
}

namespace rotunda::server {

class EventLoop {
  public:
    EventLoop();
    ~EventLoop();

    // Runs handlers until stop(); may be called again. An exception from a handler leaves through here.
    void run();
    // Any thread.
    void stop();
    // Runs `task` on the loop's thread, later. Any thread.
    void post(std::function<void()> task);
    // Calls `handler` with the number of each such signal from now on.
    void on_signals(std::initializer_list<int> numbers, std::function<void(int)> handler);

    boost::asio::io_context& context();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// One deadline. Loop thread only; destroying it cancels it.
class LoopTimer {
  public:
    // `loop` and `clock` outlive the timer.
    LoopTimer(EventLoop& loop, const Clock& clock, std::function<void()> on_due);
    ~LoopTimer();
    LoopTimer(const LoopTimer&) = delete;
    LoopTimer& operator=(const LoopTimer&) = delete;

    // Calls on_due once, not before the deadline; nullopt: never. Moving a deadline further away costs no
    // system call.
    void set(std::optional<TimePoint> deadline);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// The readiness of a descriptor it owns. Loop thread only; destroying it, also from its own handlers, ends
// the calls.
class LoopSocket {
  public:
    // Throws when the system cannot watch one more; the descriptor is closed then.
    LoopSocket(EventLoop& loop, FileDescriptor fd);
    ~LoopSocket();
    LoopSocket(const LoopSocket&) = delete;
    LoopSocket& operator=(const LoopSocket&) = delete;

    int fd() const;
    // Calls `handler` every time there may be something to read, until pause_reading().
    void on_readable(std::function<void()> handler);
    void pause_reading();
    // Calls `handler` once when the descriptor can be written to.
    void once_writable(std::function<void()> handler);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace rotunda::server
