// Log records to a descriptor, one line each. spdlog does the queue and the thread.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/log.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"

namespace rotunda::server {

// Any thread, and never waits for whoever reads the log: lines go to a bounded queue, which a thread of its
// own writes out as they come. When the reader stalls the oldest lines give way.
class LogWriter final : public LogSink {
  public:
    // `clock` and the descriptor outlive the writer.
    LogWriter(const Config::Log& settings, const Clock& clock, int fd = STDOUT_FILENO);
    // Waits until the last lines are out, for a moment only if nobody takes them.
    ~LogWriter() override;

    void write(const LogRecord& record) override;
    bool takes(LogLevel level) const override { return level >= level_; }
    // From now on. Any thread.
    void set_level(LogLevel level) { level_ = level; }

    // Lines that gave way to newer ones, or that the descriptor refused.
    std::uint64_t lost() const;
    // Lines that are not written yet.
    std::size_t waiting() const;

  private:
    struct Output;

    const LogFormat format_;
    std::atomic<LogLevel> level_;
    const Clock& clock_;
    std::unique_ptr<Output> output_;
};

}  // namespace rotunda::server
