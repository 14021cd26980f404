#include "server/log_writer.hpp"

#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <optional>
#include <thread>

#include "server/log_format.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t queued_lines = 4096;
// How long the end waits for a reader that takes nothing.
constexpr Duration patience = std::chrono::milliseconds(300);
constexpr int look_again_ms = 50;
// Lines that come close together wake the writer once and are one write; so long the first one waits.
constexpr std::chrono::milliseconds gathering(5);

// Only the queue's thread calls it, so that it needs no lock. The descriptor is asked before each write: a
// write that blocks could not be given up at the end, and O_NONBLOCK would hit everyone who shares the
// terminal or the pipe.
class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    DescriptorSink(int fd, const Clock& clock) : fd_(fd), clock_(clock) {}
    ~DescriptorSink() override { write_gathered(); }

    // Whose queue it is that this sink empties: the pool outlives its thread, and that calls the sink.
    void serve(spdlog::details::thread_pool& queue) { queue_ = &queue; }
    void hurry() { hurried_ = true; }
    std::uint64_t lost() const { return lost_; }

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        formatter_->format(message, gathered_);
        ++lines_;
        if (gathered_.size() >= PIPE_BUF || !more_to_come()) write_gathered();
    }
    void flush_() override {}

    void write_gathered() {
        if (!write_all({gathered_.data(), gathered_.size()})) lost_ += lines_;
        gathered_.clear();
        lines_ = 0;
    }

    bool more_to_come() {
        if (queue_->queue_size() == 0 && !hurried_) std::this_thread::sleep_for(gathering);
        return queue_->queue_size() > 0;
    }

    bool write_all(std::string_view bytes) {
        while (!bytes.empty()) {
            if (!await_room()) return false;
            // A pipe that is writable takes this much without blocking (POSIX.1-2017 write()).
            const ssize_t size = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
            if (size < 0 && errno != EINTR && errno != EAGAIN) return false;
            if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }

    // False when it is time to end and nobody reads.
    bool await_room() {
        pollfd watched{fd_, POLLOUT, 0};
        while (!out_of_patience()) {
            if (poll(&watched, 1, look_again_ms) > 0) return true;
        }
        return false;
    }

    bool out_of_patience() {
        if (!hurried_) return false;
        if (!give_up_at_) give_up_at_ = clock_.now() + patience;
        return clock_.now() >= *give_up_at_;
    }

    const int fd_;
    const Clock& clock_;
    spdlog::details::thread_pool* queue_ = nullptr;
    spdlog::memory_buf_t gathered_;
    std::uint64_t lines_ = 0;
    std::optional<TimePoint> give_up_at_;
    std::atomic<bool> hurried_{false};
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace

struct LogWriter::Output {
    Output(int fd, const Clock& clock)
        : sink(std::make_shared<DescriptorSink>(fd, clock)),
          queue(std::make_shared<spdlog::details::thread_pool>(queued_lines, 1)),
          logger(std::make_shared<spdlog::async_logger>("rotunda", sink, queue,
                                                        spdlog::async_overflow_policy::overrun_oldest)) {
        sink->serve(*queue);
        logger->set_pattern("%v");
        logger->set_level(spdlog::level::trace);  // the level is decided before a line is formatted
    }
    // The queue's own end waits for its thread.
    ~Output() { sink->hurry(); }

    std::shared_ptr<DescriptorSink> sink;
    std::shared_ptr<spdlog::details::thread_pool> queue;
    std::shared_ptr<spdlog::async_logger> logger;
};

LogWriter::LogWriter(const Config::Log& settings, const Clock& clock, int fd)
    : format_(settings.format),
      level_(settings.level),
      clock_(clock),
      output_(std::make_unique<Output>(fd, clock)) {}

LogWriter::~LogWriter() = default;

void LogWriter::write(const LogRecord& record) {
    if (record.level < level_.load(std::memory_order_relaxed)) return;
    const bool json = format_ == LogFormat::json;
    const std::string line = json ? json_line(record, clock_.wall()) : text_line(record, clock_.wall());
    output_->logger->log(spdlog::level::info, spdlog::string_view_t(line));
}

std::uint64_t LogWriter::lost() const {
    return output_->queue->overrun_counter() + output_->sink->lost();
}

std::size_t LogWriter::waiting() const {
    return output_->queue->queue_size();
}

}  // namespace rotunda::server
