// Users and registered contacts in one SQLite file, which only its owner may read (mode 0600). Users are kept
// as H(A1) per realm and algorithm, never as passwords. One thread at a time; several processes may hold the
// file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/binding.hpp"
#include "accounts/user_table.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "server/sqlite.hpp"

namespace rotunda::server {

struct StoredUser {
    std::string name;
    std::string realm;
};

class AccountDatabase {
  public:
    // Makes the file where there is none. `path` for the error is the caller's to add.
    static Result<AccountDatabase> open(const std::string& path);

    // Replaces what there was of him in this realm.
    Result<bool> set_user(const std::string& name, const std::string& realm,
                          const accounts::DigestKeys& keys);
    // From every realm, with his contacts. False: there was no such user.
    Result<bool> remove_user(const std::string& name);
    Result<std::vector<StoredUser>> list_users();
    Result<std::vector<std::pair<std::string, accounts::DigestKeys>>> users_of(const std::string& realm);

    // `offset` turns our times into those of the calendar, which outlive the process.
    Result<bool> save_bindings(const std::map<std::string, std::vector<accounts::Binding>>& by_user,
                               WallOffset offset);
    // Those still good at `now`. What was bound to a connection of the old process is not among them.
    Result<std::map<std::string, std::vector<accounts::Binding>>> load_bindings(WallOffset offset,
                                                                                TimePoint now);

    // Another number when somebody else has changed the file since.
    Result<std::int64_t> version();

  private:
    explicit AccountDatabase(Sqlite database) : database_(std::move(database)) {}
    Result<bool> prepare_schema();
    // All of `work` or nothing of it.
    template <typename Work>
    Result<bool> in_transaction(Work&& work);
    Result<bool> write_user(const std::string& name, const std::string& realm,
                            const accounts::DigestKeys& keys);
    Result<bool> write_bindings(const std::map<std::string, std::vector<accounts::Binding>>& by_user,
                                WallOffset offset);

    Sqlite database_;
};

}  // namespace rotunda::server
