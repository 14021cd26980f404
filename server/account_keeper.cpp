#include "server/account_keeper.hpp"

#include <unistd.h>

namespace rotunda::server {
namespace {

// How long a change of users may take to be noticed, and after how long a failed write is tried again.
constexpr std::chrono::seconds interval(1);

}  // namespace

AccountKeeper::AccountKeeper(Setup setup, std::optional<AccountDatabase> database, LogSink& log)
    : setup_(std::move(setup)), log_(log), database_(std::move(database)) {
    if (database_)
        if (auto version = database_->version()) version_ = *version;
    thread_ = std::thread([this] { run(); });
}

AccountKeeper::~AccountKeeper() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void AccountKeeper::save(Bindings changed) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty())
            waiting_ = std::move(changed);
        else
            for (auto& [user, bindings] : changed) waiting_.insert_or_assign(user, std::move(bindings));
        fresh_ = true;
    }
    wake_.notify_one();
}

void AccountKeeper::run() {
    for (bool end = false; !end;) {
        end = pause();
        look_for_changes();
        write_waiting();
    }
}

bool AccountKeeper::pause() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, interval, [this] { return ending_ || fresh_; });
    fresh_ = false;
    return ending_;
}

AccountKeeper::Bindings AccountKeeper::take_waiting() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
}

void AccountKeeper::write_waiting() {
    if (!database_) return;
    Bindings changed = take_waiting();
    if (changed.empty()) return;
    const auto saved = database_->save_bindings(changed, setup_.offset);
    if (saved) {
        complained_ = false;
        return;
    }
    complain(saved.error());
    // Once more in a second, unless there is newer word by then.
    const std::lock_guard lock(mutex_);
    waiting_.merge(changed);
}

void AccountKeeper::look_for_changes() {
    const bool appeared = !database_ && ::access(setup_.path.c_str(), F_OK) == 0;
    if (appeared) {
        auto opened = AccountDatabase::open(setup_.path);
        if (!opened) return complain(opened.error());
        database_.emplace(std::move(*opened));
    }
    if (!database_) return;
    const auto version = database_->version();
    if (!version) return complain(version.error());
    if (*version == version_ && !appeared) return;
    version_ = *version;
    auto users = database_->users_of(setup_.realm);
    if (!users) return complain(users.error());
    setup_.on_users(std::move(*users));
}

void AccountKeeper::complain(const Error& error) {
    ++failures_;
    if (complained_) return;
    complained_ = true;
    log_.write({LogLevel::error,
                "database.failed",
                "users and contacts are not kept until it can be used again",
                {{"path", setup_.path}, {"error", error.message}}});
}

}  // namespace rotunda::server
