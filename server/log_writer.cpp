#include "server/log_writer.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "server/log_format.hpp"

namespace rotunda::server {
namespace {

class StreamSink final : public spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex> {
  public:
    explicit StreamSink(std::FILE* out) : stdout_sink_base(out) {}
};

}  // namespace

struct LogWriter::Output {
    explicit Output(std::FILE* out) : logger("rotunda", std::make_shared<StreamSink>(out)) {
        logger.set_pattern("%v");
        logger.set_level(spdlog::level::trace);  // the level is decided before a line is formatted
        logger.flush_on(spdlog::level::trace);
    }
    spdlog::logger logger;
};

LogWriter::LogWriter(const Config::Log& settings, const Clock& clock, std::FILE* out)
    : settings_(settings), clock_(clock), output_(std::make_unique<Output>(out)) {}

LogWriter::~LogWriter() = default;

void LogWriter::write(const LogRecord& record) {
    if (record.level < settings_.level) return;
    const bool json = settings_.format == LogFormat::json;
    const std::string line = json ? json_line(record, clock_.wall()) : text_line(record, clock_.wall());
    output_->logger.log(spdlog::level::info, spdlog::string_view_t(line));
}

}  // namespace rotunda::server
