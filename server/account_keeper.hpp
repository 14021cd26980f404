// Keeps registered contacts in the database and watches it for changes of users, on a thread of its own: no
// write to disk ever holds up the signaling thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "server/account_database.hpp"

namespace rotunda::server {

class AccountKeeper {
  public:
    using Users = std::vector<std::pair<std::string, accounts::DigestKeys>>;
    using Bindings = std::map<std::string, std::vector<accounts::Binding>>;

    struct Setup {
        std::string path;
        std::string realm;
        WallOffset offset{};
        // Called on the keeper's thread when somebody (rotunda user) has changed the users.
        std::function<void(Users)> on_users;
    };

    // `database`: none where the file does not exist yet; it is opened when it appears. `log` outlives the
    // keeper.
    AccountKeeper(Setup setup, std::optional<AccountDatabase> database, LogSink& log);
    // Writes what is still waiting.
    ~AccountKeeper();
    AccountKeeper(const AccountKeeper&) = delete;
    AccountKeeper& operator=(const AccountKeeper&) = delete;

    // All bindings of each of these users. Of several words on one user the last is kept, so that what waits
    // is never more than there are users. Any thread.
    void save(Bindings changed);
    // How often the database could not be used so far. Any thread.
    std::uint64_t failures() const { return failures_; }

  private:
    void run();
    // Waits for something to write, for a second, or for the end; true at the end.
    bool pause();
    Bindings take_waiting();
    void write_waiting();
    void look_for_changes();
    void complain(const Error& error);

    const Setup setup_;
    LogSink& log_;
    std::optional<AccountDatabase> database_;
    std::int64_t version_ = 0;
    bool complained_ = false;
    std::atomic<std::uint64_t> failures_{0};

    std::mutex mutex_;
    std::condition_variable wake_;
    Bindings waiting_;
    bool fresh_ = false;  // something has come to be written
    bool ending_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace rotunda::server
