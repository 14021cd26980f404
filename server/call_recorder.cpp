#include "server/call_recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "server/file_descriptor.hpp"

namespace rotunda::server {
namespace {

// An hour of a busy server, while its disk is full.
constexpr std::size_t most_waiting = 20'000;
constexpr std::size_t day_length = 10;  // of "2026-01-31T..."

constexpr const char* schema = R"(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS call (
    call_id TEXT NOT NULL, room TEXT NOT NULL, ended TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS call_ended ON call (ended);
CREATE INDEX IF NOT EXISTS call_id ON call (call_id);
)";

// Ours and nobody else's: who called whom is nobody's business.
std::optional<FileDescriptor> open_private(const std::string& path) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!file) return std::nullopt;
    return file;
}

}  // namespace

CallRecorder::CallRecorder(const Config::Cdr& settings, LogSink& log) : settings_(settings), log_(log) {
    if (!settings_.file.empty() || !settings_.database.empty()) thread_ = std::thread([this] { run(); });
}

CallRecorder::~CallRecorder() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void CallRecorder::add(Entry entry) {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= most_waiting) {
            waiting_.pop_front();
            ++lost_;
        }
        waiting_.push_back(std::move(entry));
    }
    wake_.notify_one();
}

std::size_t CallRecorder::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

void CallRecorder::run() {
    std::unique_lock lock(mutex_);
    while (!ending_ || !waiting_.empty()) {
        wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
        const std::deque<Entry> entries = std::exchange(waiting_, {});
        lock.unlock();
        if (!entries.empty()) write(entries);
        lock.lock();
    }
}

void CallRecorder::write(const std::deque<Entry>& entries) {
    bool kept = true;
    if (!settings_.file.empty() && !write_lines(entries)) {
        kept = false;
        complain(fmt::format("cdr.file {}: {}", settings_.file, std::strerror(errno)));
    }
    if (!settings_.database.empty()) {
        const auto written = write_rows(entries);
        if (!written) {
            kept = false;
            database_.reset();  // opened anew with the next records
            complain(fmt::format("cdr.database {}: {}", settings_.database, written.error().message));
        }
    }
    if (kept)
        complained_ = false;
    else
        lost_ += entries.size();
}

// Opened for each batch, so that the file may be moved away at any time. A line is written whole or not at
// all: what a full disk took of it is cut off again.
bool CallRecorder::write_lines(const std::deque<Entry>& entries) {
    const auto file = open_private(settings_.file);
    if (!file) return false;
    std::string lines;
    for (const Entry& entry : entries) lines += entry.json + '\n';
    const off_t before = ::lseek(file->get(), 0, SEEK_END);
    const ssize_t size = ::write(file->get(), lines.data(), lines.size());
    if (size == static_cast<ssize_t>(lines.size())) return true;
    const int why = size < 0 ? errno : ENOSPC;
    if (before >= 0) (void)!::ftruncate(file->get(), before);
    errno = why;
    return false;
}

Result<bool> CallRecorder::open_database() {
    if (database_) return true;
    if (!open_private(settings_.database)) return fail_with(std::strerror(errno));
    auto opened = Sqlite::open(settings_.database);
    if (!opened) return fail(Error(opened.error()));
    if (auto made = opened->execute(schema); !made) return made;
    database_ = std::make_unique<Sqlite>(std::move(*opened));
    return true;
}

Result<bool> CallRecorder::write_rows(const std::deque<Entry>& entries) {
    if (auto open = open_database(); !open) return open;
    if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto insert = database_->prepare("INSERT INTO call VALUES (?, ?, ?, ?)");
    if (!insert) return fail(Error(insert.error()));
    for (const Entry& entry : entries) {
        insert->bind(0, entry.call_id).bind(1, entry.room).bind(2, entry.ended).bind(3, entry.json);
        if (auto done = insert->run(); !done) return done;
    }
    if (entries.back().ended.substr(0, day_length) != forgotten_on_) {
        if (auto gone = forget_old(); !gone) return gone;
        forgotten_on_ = entries.back().ended.substr(0, day_length);
    }
    return database_->execute("COMMIT");
}

Result<bool> CallRecorder::forget_old() {
    if (settings_.retention_days == 0) return true;
    auto old = database_->prepare("DELETE FROM call WHERE ended < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?)");
    if (!old) return fail(Error(old.error()));
    return old->bind(0, fmt::format("-{} days", settings_.retention_days)).run();
}

// Once for each trouble, not for each call.
void CallRecorder::complain(const std::string& why) {
    if (!std::exchange(complained_, true))
        log_.write({LogLevel::error, "cdr.not_written", why + "; calls go on, their records are lost", {}});
}

}  // namespace rotunda::server
