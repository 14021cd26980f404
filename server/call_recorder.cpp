#include "server/call_recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "server/file_descriptor.hpp"

namespace rotunda::server {
namespace {

// An hour of a busy server, while its disk is full.
constexpr std::size_t most_waiting = 20'000;
constexpr std::chrono::seconds held_up_pause(1);
constexpr std::chrono::seconds pipe_patience(1);
constexpr std::size_t day_length = 10;  // of "2026-01-31T..."

constexpr const char* schema = R"(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS call (
    call_id TEXT NOT NULL, room TEXT NOT NULL, ended TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS call_ended ON call (ended);
CREATE INDEX IF NOT EXISTS call_id ON call (call_id);
)";

// Ours and nobody else's: who called whom is nobody's business. A pipe that nobody reads is not waited for.
std::optional<FileDescriptor> open_private(const std::string& path) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600));
    if (!file) return std::nullopt;
    return file;
}

// What fits into PIPE_BUF goes whole or not at all.
bool write_to_pipe(int fd, const std::string& line, std::chrono::steady_clock::time_point until) {
    while (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd room{fd, POLLOUT, 0};
        if (errno != EAGAIN || left.count() <= 0 || ::poll(&room, 1, static_cast<int>(left.count())) < 0)
            return false;
    }
    return true;
}

// Many calls may end at once, and a reader who is at work be behind.
bool write_to_pipe(int fd, const std::deque<CallRecorder::Entry>& entries) {
    const auto until = std::chrono::steady_clock::now() + pipe_patience;
    return std::all_of(entries.begin(), entries.end(), [&](const CallRecorder::Entry& entry) {
        return write_to_pipe(fd, entry.json + '\n', until);
    });
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
    return waiting_.size() + held_up_count_;
}

void CallRecorder::run() {
    std::unique_lock lock(mutex_);
    const auto has_work = [this] { return ending_ || !waiting_.empty(); };
    while (!ending_ || !waiting_.empty()) {
        if (held_up_.empty())
            wake_.wait(lock, has_work);
        else
            wake_.wait_for(lock, held_up_pause, has_work);
        std::deque<Entry> entries = std::exchange(waiting_, {});
        lock.unlock();
        if (!entries.empty() || !held_up_.empty()) write(std::move(entries));
        lock.lock();
    }
    if (held_up_.empty()) return;
    lost_ += held_up_.size();
    complained_ = false;
    complain(fmt::format("cdr.database {}: held by another program to the end", settings_.database));
}

void CallRecorder::write(std::deque<Entry> entries) {
    bool kept = true;
    const std::size_t count = entries.size();
    if (!settings_.file.empty() && count > 0 && !write_lines(entries)) {
        kept = false;
        complain(fmt::format("cdr.file {}: {}", settings_.file, std::strerror(errno)));
    }
    if (!settings_.database.empty() && !write_to_database(std::move(entries))) kept = false;
    if (!kept)
        lost_ += count;
    else
        complained_ = false;
}

// False: they are lost. What somebody else's transaction held up waits for its end.
bool CallRecorder::write_to_database(std::deque<Entry> entries) {
    std::deque<Entry> all = std::exchange(held_up_, {});
    held_up_count_ = 0;
    const std::size_t before = all.size();
    std::move(entries.begin(), entries.end(), std::back_inserter(all));
    const auto written = write_rows(all);
    if (written) return true;
    const bool busy = database_ && database_->is_busy();
    database_.reset();  // opened anew with the next records
    if (busy) {
        for (; all.size() > most_waiting; ++lost_) all.pop_front();
        held_up_ = std::move(all);
        held_up_count_ = held_up_.size();
        if (before == 0)
            log_.write({LogLevel::warning,
                        "cdr.held_up",
                        "another program holds the database; records wait",
                        {{"database", settings_.database}}});
        return true;
    }
    lost_ += before;
    complain(fmt::format("cdr.database {}: {}", settings_.database, written.error().message));
    return false;
}

// Opened for each batch, so that the file may be moved away at any time. A line is written whole or not at
// all: what a full disk took of it is cut off again.
bool CallRecorder::write_lines(const std::deque<Entry>& entries) {
    const auto file = open_private(settings_.file);
    if (!file) return false;
    const off_t before = ::lseek(file->get(), 0, SEEK_END);
    if (before < 0) return write_to_pipe(file->get(), entries);
    std::string lines;
    for (const Entry& entry : entries) lines += entry.json + '\n';
    const ssize_t size = ::write(file->get(), lines.data(), lines.size());
    if (size == static_cast<ssize_t>(lines.size())) return true;
    const int why = size < 0 ? errno : ENOSPC;
    (void)!::ftruncate(file->get(), before);
    errno = why;
    return false;
}

Result<bool> CallRecorder::open_database() {
    if (database_) return true;
    if (!open_private(settings_.database)) return fail_with(std::strerror(errno));
    auto opened = Sqlite::open(settings_.database);
    if (!opened) return fail(Error(opened.error()));
    database_ = std::make_unique<Sqlite>(std::move(*opened));
    return database_->execute(schema);
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
    if (auto done = database_->execute("COMMIT"); !done) return done;
    // By itself: what cannot be removed is tried again, and costs no new record.
    const std::string today = entries.back().ended.substr(0, day_length);
    if (today != forgotten_on_ && forget_old().ok()) forgotten_on_ = today;
    return true;
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
