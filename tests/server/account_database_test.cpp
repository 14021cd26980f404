#include "server/account_database.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include "server/account_keeper.hpp"

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "rotunda-accounts-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~ScratchFolder() { std::filesystem::remove_all(path_); }
    std::string file(const char* name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

AccountDatabase opened(const std::string& path) {
    auto database = AccountDatabase::open(path);
    REQUIRE_MESSAGE(database.ok(), (database.ok() ? "" : database.error().message));
    return std::move(*database);
}

accounts::Binding binding(TimePoint now) {
    accounts::Binding out;
    out.contact =
        *sip::NameAddr::parse("\"Al\" <sip:alice@198.51.100.7:5062>;+sip.instance=\"<urn:uuid:1>\";reg-id=1");
    out.q = 250;
    out.call_id = "call-1";
    out.cseq = 7;
    out.registered = now;
    out.expires = now + 600s;
    out.path = {*sip::NameAddr::parse("<sip:p1.example.com;lr>"),
                *sip::NameAddr::parse("<sip:p2.example.com;lr>")};
    out.flow.emplace();
    out.flow->local = out.flow->advertised = *Endpoint::parse("192.0.2.1:5060");
    out.flow->remote = *Endpoint::parse("[2001:db8::1]:5062");
    out.instance = "<urn:uuid:1>";
    out.reg_id = 1;
    return out;
}

class NoLog final : public LogSink {
  public:
    void write(const LogRecord&) override {}
};

}  // namespace

TEST_CASE("users are kept by realm as hashes, never as passwords, in a file only its owner reads") {
    const ScratchFolder folder;
    const std::string path = folder.file("users.db");
    {
        auto database = opened(path);
        const auto keys = accounts::make_digest_keys("alice", "example.com", "open-sesame");
        REQUIRE(database.set_user("alice", "example.com", keys).ok());
        REQUIRE(
            database.set_user("bob", "elsewhere", accounts::make_digest_keys("bob", "elsewhere", "x")).ok());
        const auto users = database.users_of("example.com");
        REQUIRE(users.ok());
        REQUIRE(users->size() == 1);
        CHECK((*users)[0].first == "alice");
        CHECK((*users)[0].second == keys);
        CHECK(database.list_users()->size() == 2);
        for (const char* suffix : {"", "-wal", "-shm"}) {
            struct stat status {};
            REQUIRE(::stat((path + suffix).c_str(), &status) == 0);
            CHECK((status.st_mode & 0777) == 0600);
        }
        CHECK(*database.remove_user("alice"));
        CHECK_FALSE(*database.remove_user("alice"));
    }
    std::stringstream all;
    all << std::ifstream(path, std::ios::binary).rdbuf();
    CHECK(all.str().find("open-sesame") == std::string::npos);
}

TEST_CASE("a file that others could read becomes private when it is opened") {
    const ScratchFolder folder;
    const std::string path = folder.file("users.db");
    std::ofstream(path).close();
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    const auto database = opened(path);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file that root makes belongs to whom its folder belongs to: the server's user") {
    const ScratchFolder folder;
    const std::string place = std::filesystem::path(folder.file("users.db")).parent_path();
    if (::geteuid() == 0) REQUIRE(::chown(place.c_str(), 5060, 5061) == 0);
    const auto database = opened(folder.file("users.db"));
    struct stat status {
    }, expected{};
    REQUIRE(::stat(place.c_str(), &expected) == 0);
    REQUIRE(::stat(folder.file("users.db").c_str(), &status) == 0);
    CHECK(status.st_uid == expected.st_uid);
    CHECK(status.st_gid == expected.st_gid);
}

TEST_CASE("root follows no link that the server's user has put where the file should be") {
    if (::geteuid() != 0) return;
    const ScratchFolder folder;
    const std::string path = folder.file("users.db"), other = folder.file("shadow");
    std::ofstream(other).close();
    REQUIRE(::chmod(other.c_str(), 0640) == 0);
    std::filesystem::create_symlink(other, path);
    const std::string place = std::filesystem::path(path).parent_path();
    REQUIRE(::chown(place.c_str(), 5060, 5061) == 0);
    CHECK_FALSE(AccountDatabase::open(path).ok());
    struct stat status {};
    REQUIRE(::stat(other.c_str(), &status) == 0);
    CHECK(status.st_uid == 0);
    CHECK((status.st_mode & 0777) == 0640);
    REQUIRE(::chown(place.c_str(), 0, 0) == 0);
    CHECK(AccountDatabase::open(path).ok());  // nobody but root could put it there
}

TEST_CASE("contacts come back whole after a restart, whatever the new process's clock says") {
    const ScratchFolder folder;
    const TimePoint then = TimePoint(1000s), now = TimePoint(5s);
    const WallOffset before = 1'000'000s, after = before + (then - now) + 60s;  // a minute later
    {
        auto database = opened(folder.file("users.db"));
        accounts::Binding over_tcp = binding(then);
        over_tcp.flow->transport = sip::Transport::tcp;
        accounts::Binding plain_tcp = over_tcp;
        plain_tcp.reg_id = 0;
        accounts::Binding over = binding(then);
        over.expires = then + 30s;
        REQUIRE(
            database
                .save_bindings(
                    {{"alice", {binding(then)}}, {"bob", {over_tcp, plain_tcp}}, {"carol", {over}}}, before)
                .ok());
    }
    auto database = opened(folder.file("users.db"));
    const auto loaded = database.load_bindings(after, now);
    REQUIRE(loaded.ok());
    REQUIRE(loaded->size() == 2);
    accounts::Binding expected = binding(now - 60s);
    expected.expires = now - 60s + 600s;
    REQUIRE(loaded->at("alice").size() == 1);
    CHECK(loaded->at("alice")[0] == expected);
    // A flow of TCP ends with the process; without one of his own the phone is found by its URI.
    REQUIRE(loaded->at("bob").size() == 1);
    CHECK_FALSE(loaded->at("bob")[0].flow);
    REQUIRE(database.save_bindings({{"alice", {}}}, after).ok());
    CHECK(database.load_bindings(after, now)->count("alice") == 0);
}

TEST_CASE("what is kept of a user is what he has last registered, one phone or several, more or fewer") {
    const ScratchFolder folder;
    const TimePoint now = TimePoint(1000s);
    auto database = opened(folder.file("users.db"));
    accounts::Binding first = binding(now), again = first, second = binding(now), temporary = first;
    again.cseq += 1;
    again.expires += 60s;
    second.contact.uri.set_user("other");
    temporary.flow->transport = sip::Transport::tcp;  // outbound: ends with the process
    using Phones = std::vector<accounts::Binding>;
    for (const Phones& phones :
         {Phones{first}, Phones{again}, Phones{second}, Phones{first, second}, Phones{again, second},
          Phones{second}, Phones{temporary, first}, Phones{again}, Phones{}, Phones{first}}) {
        REQUIRE(database.save_bindings({{"alice", phones}, {"bob", {first}}}, 1'000'000s).ok());
        auto loaded = *database.load_bindings(1'000'000s, now);
        Phones kept = phones;
        std::erase(kept, temporary);
        CHECK(loaded["alice"] == kept);
        CHECK(loaded["bob"] == Phones{first});
    }
    REQUIRE(database.save_bindings({{"alice", {temporary}}}, 1'000'000s).ok());
    CHECK(database.load_bindings(1'000'000s, now)->count("alice") == 0);
}

TEST_CASE("what is no database is an error, not a new one") {
    const ScratchFolder folder;
    std::ofstream(folder.file("users.db")) << std::string(8192, 'x');
    CHECK_FALSE(AccountDatabase::open(folder.file("users.db")).ok());
    CHECK_FALSE(AccountDatabase::open(folder.file("no/such/folder/users.db")).ok());
}

TEST_CASE("the keeper writes contacts behind the back of whoever hands them over, and sees users come") {
    const ScratchFolder folder;
    const std::string path = folder.file("users.db");
    NoLog log;
    std::mutex mutex;
    std::condition_variable told;
    std::size_t users = 0;
    const TimePoint now{};
    {
        AccountKeeper keeper({path, "example.com", 0s,
                              [&](AccountKeeper::Users found) {
                                  const std::lock_guard lock(mutex);
                                  users = found.size();
                                  told.notify_one();
                              }},
                             std::nullopt, log);
        REQUIRE(opened(path)
                    .set_user("alice", "example.com", accounts::make_digest_keys("alice", "r", "p"))
                    .ok());
        std::unique_lock lock(mutex);
        CHECK(told.wait_for(lock, 20s, [&] { return users == 1; }));
        keeper.save({{"alice", {binding(now)}}});
    }
    CHECK(opened(path).load_bindings(0s, now)->count("alice") == 1);
}
