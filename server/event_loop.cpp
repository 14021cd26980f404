#include "server/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/signal_watch.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t events_at_once = 64;
constexpr std::uint64_t bell_id = 0;

[[noreturn]] void fail_with_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

FileDescriptor checked(int fd, const char* what) {
    if (fd < 0) fail_with_errno(what);
    return FileDescriptor(fd);
}

timespec to_timespec(Duration time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    return {static_cast<time_t>(whole.count()), static_cast<long>((time - whole).count())};
}

}  // namespace

// System calls for an event: one to wait, none to arm a timer or to wait once more for the same socket.
struct EventLoop::Impl {
    Impl();

    bool watch(int operation, int fd, std::uint64_t id, std::uint32_t events) const;
    std::size_t wait(std::array<epoll_event, events_at_once>& events) const;
    void run_posted();
    void run_timers();

    const SystemClock clock{};
    FileDescriptor epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    FileDescriptor bell = checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
    std::atomic<bool> stopping = false;
    std::mutex mutex;
    std::vector<std::function<void()>> posted;  // under the mutex
    std::vector<std::unique_ptr<SignalWatch>> signals;

    struct Wake {
        TimePoint at;
        std::shared_ptr<LoopTimer::State> timer;
        auto operator<=>(const Wake&) const = default;
    };
    std::set<Wake> wakes;
    // By an id that is never used again: an event may be on its way for who is gone.
    std::unordered_map<std::uint64_t, std::shared_ptr<LoopSocket::State>> sockets;
    std::uint64_t last_id = bell_id;
};

struct LoopTimer::State : std::enable_shared_from_this<LoopTimer::State> {
    State(EventLoop::Impl& l, const Clock& c, std::function<void()> f)
        : loop(l), clock(c), on_due(std::move(f)) {}

    EventLoop::Impl& loop;
    const Clock& clock;
    std::function<void()> on_due;  // empty once the timer is gone
    std::optional<TimePoint> deadline;
    std::optional<TimePoint> armed;  // when it will be looked at; not after the deadline
    std::set<EventLoop::Impl::Wake>::iterator wake;

    void arm() {
        disarm();
        armed = deadline;
        wake = loop.wakes.insert({loop.clock.now() + (*deadline - clock.now()), shared_from_this()}).first;
    }
    void disarm() {
        if (armed) loop.wakes.erase(wake);
        armed.reset();
    }
    void on_wake() {
        if (!deadline) return;
        if (clock.now() < *deadline) return arm();
        deadline.reset();
        on_due();
    }
};

struct LoopSocket::State {
    State(EventLoop::Impl& l, FileDescriptor f) : loop(l), fd(std::move(f)), id(++l.last_id) {}

    EventLoop::Impl& loop;
    FileDescriptor fd;
    const std::uint64_t id;
    bool alive = true;
    bool reading = false;
    std::function<void()> readable, writable;

    void watch(int operation) const {
        std::uint32_t wanted = 0;
        if (reading) wanted |= EPOLLIN;
        if (writable) wanted |= EPOLLOUT;
        // Errors are told unasked: once is enough to who asks for nothing.
        if (!loop.watch(operation, fd.get(), id, wanted == 0 ? std::uint32_t{EPOLLET} : wanted))
            fail_with_errno("epoll_ctl");
    }
    void on_events(std::uint32_t events) {
        const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
        if (writable && (broken || (events & EPOLLOUT) != 0)) {
            const auto handler = std::exchange(writable, {});
            watch(EPOLL_CTL_MOD);
            handler();
        }
        if (alive && reading && (broken || (events & EPOLLIN) != 0)) readable();
    }
};

EventLoop::Impl::Impl() {
    if (!watch(EPOLL_CTL_ADD, bell.get(), bell_id, EPOLLIN)) fail_with_errno("epoll_ctl");
}

bool EventLoop::Impl::watch(int operation, int fd, std::uint64_t id, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    return epoll_ctl(epoll.get(), operation, fd, &event) == 0;
}

std::size_t EventLoop::Impl::wait(std::array<epoll_event, events_at_once>& events) const {
    timespec timeout{};
    if (!wakes.empty()) timeout = to_timespec(std::max(wakes.begin()->at - clock.now(), Duration(0)));
    const int found = epoll_pwait2(epoll.get(), events.data(), static_cast<int>(events_at_once),
                                   wakes.empty() ? nullptr : &timeout, nullptr);
    if (found < 0 && errno != EINTR) fail_with_errno("epoll_pwait2");
    return static_cast<std::size_t>(std::max(found, 0));
}

void EventLoop::Impl::run_posted() {
    std::uint64_t rung = 0;
    [[maybe_unused]] const auto got = read(bell.get(), &rung, sizeof rung);
    for (const auto& watch : signals) watch->look();
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock(mutex);
        tasks.swap(posted);
    }
    for (const auto& task : tasks) task();
}

void EventLoop::Impl::run_timers() {
    if (wakes.empty()) return;
    const TimePoint now = clock.now();
    while (!wakes.empty() && wakes.begin()->at <= now && !stopping) {
        const auto timer = wakes.begin()->timer;
        timer->disarm();
        timer->on_wake();
    }
}

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
    impl_->stopping = false;
    std::array<epoll_event, events_at_once> events;
    while (!impl_->stopping) {
        const std::size_t found = impl_->wait(events);
        for (std::size_t i = 0; i < found && !impl_->stopping; ++i) {
            const std::uint64_t id = events[i].data.u64;
            if (id == bell_id) {
                impl_->run_posted();
            } else if (const auto socket = impl_->sockets.find(id); socket != impl_->sockets.end()) {
                const auto kept = socket->second;
                kept->on_events(events[i].events);
            }
        }
        if (!impl_->stopping) impl_->run_timers();
    }
}

void EventLoop::stop() {
    impl_->stopping = true;
    post([] {});
}

void EventLoop::post(std::function<void()> task) {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->posted.push_back(std::move(task));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(impl_->bell.get(), &one, sizeof one);
}

void EventLoop::on_signals(std::initializer_list<int> numbers, std::function<void(int)> handler) {
    impl_->signals.push_back(std::make_unique<SignalWatch>(impl_->bell.get(), numbers, std::move(handler)));
}

LoopTimer::LoopTimer(EventLoop& loop, const Clock& clock, std::function<void()> on_due)
    : state_(std::make_shared<State>(*loop.impl_, clock, std::move(on_due))) {}

LoopTimer::~LoopTimer() {
    state_->deadline.reset();
    state_->disarm();
}

void LoopTimer::set(std::optional<TimePoint> deadline) {
    state_->deadline = deadline;
    if (deadline && (!state_->armed || *deadline < *state_->armed)) state_->arm();
}

LoopSocket::LoopSocket(EventLoop& loop, FileDescriptor fd)
    : state_(std::make_shared<State>(*loop.impl_, std::move(fd))) {
    state_->watch(EPOLL_CTL_ADD);
    loop.impl_->sockets.emplace(state_->id, state_);
}

LoopSocket::~LoopSocket() {
    state_->alive = false;
    state_->loop.sockets.erase(state_->id);
    (void)state_->loop.watch(EPOLL_CTL_DEL, state_->fd.get(), state_->id, 0);
    state_->fd = FileDescriptor();
}

int LoopSocket::fd() const {
    return state_->fd.get();
}

void LoopSocket::on_readable(std::function<void()> handler) {
    state_->readable = std::move(handler);
    if (!std::exchange(state_->reading, true)) state_->watch(EPOLL_CTL_MOD);
}

void LoopSocket::pause_reading() {
    if (std::exchange(state_->reading, false)) state_->watch(EPOLL_CTL_MOD);
}

void LoopSocket::once_writable(std::function<void()> handler) {
    state_->writable = std::move(handler);
    state_->watch(EPOLL_CTL_MOD);
}

}  // namespace rotunda::server
