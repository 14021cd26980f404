// Keeps the records of calls: a file of JSON lines, an SQLite table, or both, on a thread of its own. What
// cannot be written (a full disk) is counted and said once; no call waits for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "server/config.hpp"
#include "server/sqlite.hpp"

namespace rotunda::server {

class CallRecorder {
  public:
    struct Entry {
        std::string json;
        std::string call_id, room, ended;  // indexed columns
    };

    // `log` outlives the recorder. Without a file and a database there is no thread.
    CallRecorder(const Config::Cdr& settings, LogSink& log);
    // Writes what is still waiting.
    ~CallRecorder();
    CallRecorder(const CallRecorder&) = delete;
    CallRecorder& operator=(const CallRecorder&) = delete;

    void add(Entry entry);
    // Records that a store lacks: written in vain, or too many waited.
    std::uint64_t lost() const { return lost_; }
    std::size_t waiting() const;

  private:
    void run();
    void write(std::deque<Entry> entries);
    bool write_to_database(std::deque<Entry> entries);
    bool write_lines(const std::deque<Entry>& entries);
    Result<bool> write_rows(const std::deque<Entry>& entries);
    Result<bool> open_database();
    Result<bool> forget_old();
    void complain(const std::string& why);

    const Config::Cdr settings_;
    LogSink& log_;
    std::unique_ptr<Sqlite> database_;
    std::string forgotten_on_;   // the day for which old rows have been removed
    std::deque<Entry> held_up_;  // others hold the database: written with the next ones, or a second later
    std::atomic<std::size_t> held_up_count_{0};
    bool complained_ = false;
    std::atomic<std::uint64_t> lost_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Entry> waiting_;
    bool ending_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace rotunda::server
