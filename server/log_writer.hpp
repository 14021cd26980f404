// Log records to a stream, one line each. spdlog does the writing.
#pragma once

#include <cstdio>
#include <memory>

#include "base/log.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"

namespace rotunda::server {

// Any thread.
class LogWriter final : public LogSink {
  public:
    // `clock` and `out` outlive the writer.
    LogWriter(const Config::Log& settings, const Clock& clock, std::FILE* out = stdout);
    ~LogWriter() override;

    void write(const LogRecord& record) override;

  private:
    struct Output;

    Config::Log settings_;
    const Clock& clock_;
    std::unique_ptr<Output> output_;
};

}  // namespace rotunda::server
