#include "server/event_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

namespace rotunda::server {

namespace asio = boost::asio;
using boost::system::error_code;

struct EventLoop::Impl {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    std::vector<std::unique_ptr<asio::signal_set>> signals;
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
    impl_->context.restart();
    impl_->context.run();
}

void EventLoop::stop() {
    impl_->context.stop();
}

void EventLoop::post(std::function<void()> task) {
    asio::post(impl_->context, std::move(task));
}

namespace {

void await_signal(asio::signal_set& signals, std::function<void(int)> handler) {
    signals.async_wait([&signals, handler = std::move(handler)](error_code error, int number) {
        if (error) return;
        handler(number);
        await_signal(signals, handler);
    });
}

}  // namespace

void EventLoop::on_signals(std::initializer_list<int> numbers, std::function<void(int)> handler) {
    auto signals = std::make_unique<asio::signal_set>(impl_->context);
    for (const int number : numbers) signals->add(number);
    await_signal(*signals, std::move(handler));
    impl_->signals.push_back(std::move(signals));
}

asio::io_context& EventLoop::context() {
    return impl_->context;
}

struct LoopTimer::State {
    State(EventLoop& loop, const Clock& c, std::function<void()> f)
        : timer(loop.context()), clock(c), on_due(std::move(f)) {}

    asio::steady_timer timer;
    const Clock& clock;
    std::function<void()> on_due;
    std::optional<TimePoint> deadline;
    std::optional<TimePoint> armed;  // when the timer below will fire; not after the deadline

    // Handlers hold the state alive; `self->on_due` is empty once the timer is gone.
    static void arm(const std::shared_ptr<State>& self) {
        self->armed = self->deadline;
        self->timer.expires_after(*self->deadline - self->clock.now());
        self->timer.async_wait([self](error_code error) {
            if (error || !self->on_due) return;
            self->armed.reset();
            if (!self->deadline) return;
            if (self->clock.now() < *self->deadline) return arm(self);
            self->deadline.reset();
            self->on_due();
        });
    }
};

LoopTimer::LoopTimer(EventLoop& loop, const Clock& clock, std::function<void()> on_due)
    : state_(std::make_shared<State>(loop, clock, std::move(on_due))) {}

LoopTimer::~LoopTimer() {
    state_->on_due = nullptr;
    state_->timer.cancel();
}

void LoopTimer::set(std::optional<TimePoint> deadline) {
    state_->deadline = deadline;
    if (deadline && (!state_->armed || *deadline < *state_->armed)) State::arm(state_);
}

struct LoopSocket::State {
    State(EventLoop& loop, FileDescriptor fd) : descriptor(loop.context()) {
        descriptor.assign(fd.get());
        (void)fd.release();  // not before: assign throws
    }

    asio::posix::stream_descriptor descriptor;
    std::function<void()> readable;
    bool alive = true;
    bool reading = false;
    bool waiting = false;  // an asynchronous wait for reading is under way

    static void wait(const std::shared_ptr<State>& self) {
        self->waiting = true;
        self->descriptor.async_wait(asio::posix::descriptor_base::wait_read, [self](error_code error) {
            self->waiting = false;
            if (error || !self->alive || !self->reading) return;
            self->readable();
            if (self->alive && self->reading && !self->waiting) wait(self);
        });
    }
};

LoopSocket::LoopSocket(EventLoop& loop, FileDescriptor fd)
    : state_(std::make_shared<State>(loop, std::move(fd))) {}

LoopSocket::~LoopSocket() {
    state_->alive = false;
    error_code ignored;
    state_->descriptor.close(ignored);
}

int LoopSocket::fd() const {
    return state_->descriptor.native_handle();
}

void LoopSocket::on_readable(std::function<void()> handler) {
    state_->readable = std::move(handler);
    state_->reading = true;
    if (!state_->waiting) State::wait(state_);
}

void LoopSocket::pause_reading() {
    state_->reading = false;
}

void LoopSocket::once_writable(std::function<void()> handler) {
    state_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                  [self = state_, handler = std::move(handler)](error_code error) {
                                      if (!error && self->alive) handler();
                                  });
}

}  // namespace rotunda::server
