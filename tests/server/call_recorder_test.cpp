#include "server/call_recorder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

struct NoLog final : LogSink {
    void write(const LogRecord&) override {}
};

struct Scratch {
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "rotunda-records-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Scratch() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

CallRecorder::Entry entry(const std::string& id) {
    return {"{\"call_id\":\"" + id + "\"}", id, "1000", "2026-01-31T12:00:00.000Z"};
}

std::int64_t rows(const std::string& path) {
    auto database = Sqlite::open(path);
    REQUIRE(database.ok());
    auto count = database->prepare("SELECT count(*) FROM call");
    // Not even the table is there yet.
    return count.ok() && count->step().ok() ? count->number(0) : 0;
}

template <typename Condition>
bool comes(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < until) {
        if (condition()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

}  // namespace

TEST_CASE("a pipe that nobody reads holds nobody up, and one that somebody reads gets whole lines") {
    const Scratch scratch;
    NoLog log;
    Config::Cdr settings;
    settings.file = scratch.path / "pipe";
    REQUIRE(::mkfifo(settings.file.c_str(), 0600) == 0);
    CallRecorder recorder(settings, log);
    recorder.add(entry("in-vain"));
    REQUIRE(comes([&] { return recorder.lost() == 1; }));
    const int reader = ::open(settings.file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    recorder.add(entry("one"));
    char buffer[100];
    ssize_t size = 0;
    CHECK(comes([&] { return (size = ::read(reader, buffer, sizeof buffer)) > 0; }));
    CHECK(std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))) ==
          "{\"call_id\":\"one\"}\n");
    ::close(reader);
    CHECK(recorder.lost() == 1);
}

// The five seconds that SQLite waits are real ones.
TEST_CASE("records wait while somebody else holds the database for longer than SQLite does") {
    const Scratch scratch;
    NoLog log;
    Config::Cdr settings;
    settings.database = scratch.path / "calls.db";
    settings.retention_days = 0;  // these are of some day
    CallRecorder recorder(settings, log);
    recorder.add(entry("before"));
    REQUIRE(comes([&] { return std::filesystem::exists(settings.database) && recorder.waiting() == 0; }));
    REQUIRE(comes([&] { return rows(settings.database) == 1; }));
    {
        auto other = Sqlite::open(settings.database);
        REQUIRE(other.ok());
        REQUIRE(other->execute("BEGIN IMMEDIATE").ok());
        recorder.add(entry("meanwhile"));
        std::this_thread::sleep_for(6s);
        CHECK(recorder.lost() == 0);
        REQUIRE(other->execute("COMMIT").ok());
    }
    CHECK(comes([&] { return rows(settings.database) == 2; }));
    recorder.add(entry("after"));
    CHECK(comes([&] { return rows(settings.database) == 3; }));
    CHECK(recorder.lost() == 0);
}

TEST_CASE("a database that an older version made takes the records of this one") {
    const Scratch scratch;
    NoLog log;
    Config::Cdr settings;
    settings.database = scratch.path / "calls.db";
    settings.retention_days = 0;  // these are of some day
    ::close(::open(settings.database.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    {
        auto old = Sqlite::open(settings.database);
        REQUIRE(old.ok());
        REQUIRE(
            old->execute("CREATE TABLE call (call_id TEXT NOT NULL, room TEXT NOT NULL, ended TEXT NOT NULL, "
                         "record TEXT NOT NULL); INSERT INTO call VALUES ('old', '1000', '9', '{}')")
                .ok());
    }
    {
        CallRecorder recorder(settings, log);
        CallRecorder::Entry fresh = entry("new");
        fresh.json = R"({"trunk":"carrier","talk_seconds":20})";
        recorder.add(fresh);
    }
    auto database = Sqlite::open(settings.database);
    auto bill = database->prepare(
        "SELECT json_extract(record, '$.trunk'), sum(json_extract(record, '$.talk_seconds')) "
        "FROM call GROUP BY 1 ORDER BY 1");
    REQUIRE(bill.ok());
    REQUIRE(*bill->step());  // the old one
    CHECK(bill->text(0).empty());
    REQUIRE(*bill->step());
    CHECK(bill->text(0) == "carrier");
    CHECK(bill->number(1) == 20);
}
