#include "cli/user_command.hpp"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <optional>
#include <vector>

#include "server/account_database.hpp"
#include "server/account_services.hpp"

namespace rotunda::cli {
namespace {

using server::AccountDatabase;
using server::Config;
using server::StoredUser;

constexpr std::size_t longest_name = 64, longest_password = 256;

// While it lives, what is typed is not shown.
class SilentTerminal {
  public:
    explicit SilentTerminal(int fd) : fd_(fd) {
        if (::tcgetattr(fd, &before_) != 0) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(fd, TCSAFLUSH, &silent) == 0;
    }
    ~SilentTerminal() {
        if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

  private:
    int fd_;
    termios before_{};
    bool changed_ = false;
};

std::optional<std::string> ask(const char* prompt) {
    std::fputs(prompt, stderr);
    const SilentTerminal silent(STDIN_FILENO);
    auto line = read_password_line(STDIN_FILENO);
    std::fputs("\n", stderr);
    return line;
}

Result<std::string> take_password() {
    std::optional<std::string> password;
    if (::isatty(STDIN_FILENO) == 0) {
        password = read_password_line(STDIN_FILENO);
    } else {
        password = ask("Password: ");
        if (password && password != ask("Once more: ")) return fail_with("the two passwords differ");
    }
    if (!password || password->empty()) return fail_with("no password given");
    if (password->size() > longest_password)
        return fail_with(fmt::format("a password has at most {} characters", longest_password));
    return std::move(*password);
}

// A colon ends the name in what is hashed (RFC 7616 §3.4.2).
bool is_user_name(const std::string& name) {
    return !name.empty() && name.size() <= longest_name &&
           std::none_of(name.begin(), name.end(),
                        [](unsigned char c) { return c <= 0x20 || c == 0x7f || c == ':' || c == '@'; });
}

Result<std::string> set_password(AccountDatabase& database, const UserCommand& command,
                                 const std::string& realm) {
    const auto users = database.list_users();
    if (!users) return fail(users.error());
    const bool exists = std::any_of(users->begin(), users->end(), [&](const StoredUser& user) {
        return user.name == command.name && user.realm == realm;
    });
    if (exists && command.verb == UserCommand::Verb::add)
        return fail_with(
            fmt::format("user {} exists; rotunda user passwd changes the password", command.name));
    if (!exists && command.verb == UserCommand::Verb::passwd)
        return fail_with(fmt::format("there is no user {} in realm {}", command.name, realm));
    auto password = take_password();
    if (!password) return password;
    const auto keys = accounts::make_digest_keys(command.name, realm, *password);
    if (auto stored = database.set_user(command.name, realm, keys); !stored) return fail(stored.error());
    return fmt::format("user {} of realm {} {}\n", command.name, realm,
                       exists ? "has a new password" : "added");
}

Result<std::string> remove(AccountDatabase& database, const std::string& name) {
    const auto removed = database.remove_user(name);
    if (!removed) return fail(removed.error());
    if (!*removed) return fail_with(fmt::format("there is no user {}", name));
    return fmt::format("user {} removed\n", name);
}

// {"users":[{"name":...,"realm":...,"served":...}]}
std::string as_json(const std::vector<StoredUser>& users, const std::string& realm) {
    boost::json::array all;
    for (const StoredUser& user : users)
        all.push_back({{"name", user.name}, {"realm", user.realm}, {"served", user.realm == realm}});
    return boost::json::serialize(boost::json::object{{"users", std::move(all)}}) + "\n";
}

Result<std::string> list(AccountDatabase& database, const std::string& realm, bool json) {
    const auto users = database.list_users();
    if (!users) return fail(users.error());
    if (json) return as_json(*users, realm);
    std::string text;
    for (const StoredUser& user : *users)
        text += user.realm == realm
                    ? fmt::format("{}\n", user.name)
                    : fmt::format("{} (of realm {}, which is not served)\n", user.name, user.realm);
    return text;
}

}  // namespace

std::optional<std::string> read_password_line(int fd) {
    std::string line;
    char c = 0;
    while (::read(fd, &c, 1) == 1) {
        if (c == '\n') return line;
        if (c != '\r') line += c;
        if (line.size() > longest_password) return line;
    }
    if (line.empty()) return std::nullopt;
    return line;
}

Result<std::string> run_user_command(const UserCommand& command, const Config& config) {
    const std::string& path = config.database_path;
    if (path.empty()) return fail_with("database.path is empty: there is no database of users");
    const bool exists = ::access(path.c_str(), F_OK) == 0;
    if (!exists && command.verb == UserCommand::Verb::list)
        return command.json ? as_json({}, {}) : std::string();
    if (!exists && command.verb != UserCommand::Verb::add)
        return fail_with(fmt::format("there is no user {}", command.name));
    if (command.verb == UserCommand::Verb::add && !is_user_name(command.name))
        return fail_with(fmt::format("a user's name has 1 to {} characters, none of them a space, ':' or '@'",
                                     longest_name));
    auto database = AccountDatabase::open(path);
    if (!database) return fail_with(fmt::format("{}: {}", path, database.error().message));
    const std::string realm = server::realm_of(config);
    switch (command.verb) {
        case UserCommand::Verb::list:
            return list(*database, realm, command.json);
        case UserCommand::Verb::remove:
            return remove(*database, command.name);
        case UserCommand::Verb::add:
        case UserCommand::Verb::passwd:
            break;
    }
    return set_password(*database, command, realm);
}

}  // namespace rotunda::cli
