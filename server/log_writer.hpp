// Log records to a descriptor, one line each. spdlog does the queue and the thread.
#pragma once

#include <unistd.h>

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

    // Lines that gave way to newer ones, or that the descriptor refused.
    std::uint64_t lost() const;

  private:
    struct Output;

    Config::Log settings_;
    const Clock& clock_;
    std::unique_ptr<Output> output_;
};

}  // namespace rotunda::server
