#include "server/account_database.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "server/file_descriptor.hpp"

namespace rotunda::server {
namespace {

using accounts::Binding;

// synchronous=NORMAL: in WAL mode a crash of the machine may lose the last second, never the file.
constexpr const char* schema = R"(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS user_key (
    name TEXT NOT NULL, realm TEXT NOT NULL, algorithm TEXT NOT NULL, ha1 TEXT NOT NULL,
    PRIMARY KEY (name, realm, algorithm)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS binding (
    user TEXT NOT NULL, contact TEXT NOT NULL, q INTEGER NOT NULL, call_id TEXT NOT NULL, cseq INTEGER NOT NULL,
    registered_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, path TEXT NOT NULL,
    flow_local TEXT NOT NULL, flow_remote TEXT NOT NULL, flow_advertised TEXT NOT NULL,
    instance TEXT NOT NULL, reg_id INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS binding_user ON binding (user);
)";

// In the order of bind_binding().
constexpr const char* overwrite = R"(
UPDATE binding SET contact = ?2, q = ?3, call_id = ?4, cseq = ?5, registered_us = ?6, expires_us = ?7, path = ?8,
    flow_local = ?9, flow_remote = ?10, flow_advertised = ?11, instance = ?12, reg_id = ?13
WHERE user = ?1
)";

// Ours and nobody else's, before SQLite puts anything into it; its journal files take over the mode.
std::optional<Error> make_private(const std::string& path) {
    // Made by root for a server with a user of its own, it belongs to whom its folder belongs to: who could
    // put a link there, and is not to be given the file it leads to.
    struct stat folder {};
    const auto parent = std::filesystem::absolute(path).parent_path();
    const bool as_root = ::geteuid() == 0 && ::stat(parent.c_str(), &folder) == 0;
    const bool is_others = folder.st_uid != 0 || (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const int no_link = as_root && is_others ? O_NOFOLLOW : 0;
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | no_link, 0600));
    if (file.get() < 0 || ::fchmod(file.get(), 0600) != 0) return Error{std::strerror(errno)};
    if (as_root && ::fchown(file.get(), folder.st_uid, folder.st_gid) != 0)
        return Error{std::strerror(errno)};
    return std::nullopt;
}

std::int64_t to_us(TimePoint time, WallOffset offset) {
    return to_wall(time, offset).time_since_epoch() / std::chrono::microseconds(1);
}
TimePoint from_us(std::int64_t us, WallOffset offset) {
    return TimePoint(Duration(std::chrono::microseconds(us)) - offset);
}

std::string path_text(const std::vector<sip::NameAddr>& path) {
    std::string text;
    for (const sip::NameAddr& hop : path) text += hop.to_string() + '\n';
    return text;
}

std::vector<sip::NameAddr> read_path(std::string_view text) {
    std::vector<sip::NameAddr> path;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (auto hop = sip::NameAddr::parse(text.substr(0, end))) path.push_back(std::move(*hop));
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
    return path;
}

// Only UDP's flows outlive a process.
bool is_kept(const Binding& binding) {
    return !binding.is_outbound() || (binding.flow && binding.flow->transport == sip::Transport::udp);
}

void bind_binding(SqliteStatement& row, const std::string& user, const Binding& binding, WallOffset offset) {
    const bool flow = binding.flow && binding.flow->transport == sip::Transport::udp;
    row.bind(0, user).bind(1, binding.contact.to_string()).bind(2, std::int64_t{binding.q});
    row.bind(3, binding.call_id).bind(4, std::int64_t{binding.cseq});
    row.bind(5, to_us(binding.registered, offset)).bind(6, to_us(binding.expires, offset));
    row.bind(7, path_text(binding.path));
    row.bind(8, flow ? binding.flow->local.to_string() : std::string());
    row.bind(9, flow ? binding.flow->remote.to_string() : std::string());
    row.bind(10, flow ? binding.flow->advertised.to_string() : std::string());
    row.bind(11, binding.instance).bind(12, std::int64_t{binding.reg_id});
}

std::optional<Binding> read_binding(const SqliteStatement& row, WallOffset offset) {
    auto contact = sip::NameAddr::parse(row.text(1));
    if (!contact) return std::nullopt;
    Binding binding;
    binding.contact = std::move(*contact);
    binding.q = static_cast<int>(row.number(2));
    binding.call_id = row.text(3);
    binding.cseq = static_cast<std::uint32_t>(row.number(4));
    binding.registered = from_us(row.number(5), offset);
    binding.expires = from_us(row.number(6), offset);
    binding.path = read_path(row.text(7));
    const auto local = Endpoint::parse(row.text(8)), remote = Endpoint::parse(row.text(9)),
               advertised = Endpoint::parse(row.text(10));
    if (local && remote && advertised) {
        binding.flow.emplace();
        binding.flow->local = *local;
        binding.flow->remote = *remote;
        binding.flow->advertised = *advertised;
    }
    binding.instance = row.text(11);
    binding.reg_id = static_cast<std::uint32_t>(row.number(12));
    return binding;
}

}  // namespace

Result<AccountDatabase> AccountDatabase::open(const std::string& path) {
    if (auto problem = make_private(path)) return fail(std::move(*problem));
    auto file = Sqlite::open(path);
    if (!file) return fail_with(file.error().message);
    AccountDatabase database(std::move(*file));
    if (auto ready = database.prepare_schema(); !ready) return fail_with(ready.error().message);
    return database;
}

Result<bool> AccountDatabase::prepare_schema() {
    return database_.execute(schema);
}

template <typename Work>
Result<bool> AccountDatabase::in_transaction(Work&& work) {
    if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
    Result<bool> done = work();
    if (!done) {
        (void)database_.execute("ROLLBACK");
        return done;
    }
    if (auto kept = database_.execute("COMMIT"); !kept) return kept;
    return done;
}

Result<bool> AccountDatabase::set_user(const std::string& name, const std::string& realm,
                                       const accounts::DigestKeys& keys) {
    return in_transaction([&] { return write_user(name, realm, keys); });
}

Result<bool> AccountDatabase::write_user(const std::string& name, const std::string& realm,
                                         const accounts::DigestKeys& keys) {
    auto row = database_.prepare("INSERT OR REPLACE INTO user_key VALUES (?, ?, ?, ?)");
    if (!row) return fail(row.error());
    for (const sip::DigestAlgorithm algorithm : sip::digest_algorithms) {
        row->bind(0, name).bind(1, realm).bind(2, to_string(algorithm));
        row->bind(3, keys[static_cast<std::size_t>(algorithm)]);
        if (auto written = row->run(); !written) return written;
    }
    return true;
}

Result<bool> AccountDatabase::remove_user(const std::string& name) {
    return in_transaction([&]() -> Result<bool> {
        bool existed = false;
        for (const char* sql :
             {"DELETE FROM binding WHERE user = ?", "DELETE FROM user_key WHERE name = ?"}) {
            auto row = database_.prepare(sql);
            if (!row) return fail(row.error());
            if (auto done = row->bind(0, name).run(); !done) return done;
            existed = database_.changes() > 0;
        }
        return existed;
    });
}

Result<std::vector<StoredUser>> AccountDatabase::list_users() {
    auto rows = database_.prepare("SELECT DISTINCT name, realm FROM user_key ORDER BY name, realm");
    if (!rows) return fail(rows.error());
    std::vector<StoredUser> users;
    auto more = rows->step();
    for (; more && *more; more = rows->step()) users.push_back({rows->text(0), rows->text(1)});
    if (!more) return fail(more.error());
    return users;
}

Result<std::vector<std::pair<std::string, accounts::DigestKeys>>> AccountDatabase::users_of(
    const std::string& realm) {
    auto rows = database_.prepare("SELECT name, algorithm, ha1 FROM user_key WHERE realm = ? ORDER BY name");
    if (!rows) return fail(rows.error());
    rows->bind(0, realm);
    std::vector<std::pair<std::string, accounts::DigestKeys>> users;
    auto more = rows->step();
    for (; more && *more; more = rows->step()) {
        if (users.empty() || users.back().first != rows->text(0))
            users.emplace_back(rows->text(0), accounts::DigestKeys{});
        if (const auto algorithm = sip::digest_algorithm(rows->text(1)))
            users.back().second[static_cast<std::size_t>(*algorithm)] = rows->text(2);
    }
    if (!more) return fail(more.error());
    return users;
}

Result<bool> AccountDatabase::save_bindings(const std::map<std::string, std::vector<Binding>>& by_user,
                                            WallOffset offset) {
    return in_transaction([&] { return write_bindings(by_user, offset); });
}

Result<bool> AccountDatabase::write_bindings(const std::map<std::string, std::vector<Binding>>& by_user,
                                             WallOffset offset) {
    auto only = database_.prepare(overwrite);
    auto old = database_.prepare("DELETE FROM binding WHERE user = ?");
    auto row = database_.prepare("INSERT INTO binding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!only) return fail(only.error());
    if (!old) return fail(old.error());
    if (!row) return fail(row.error());
    for (const auto& [user, bindings] : by_user) {
        // Most of all somebody's one phone has registered again: where there was one row it is written over.
        if (bindings.size() == 1 && is_kept(bindings.front())) {
            bind_binding(*only, user, bindings.front(), offset);
            if (auto done = only->run(); !done) return done;
            if (database_.changes() == 1) continue;
        }
        if (auto done = old->bind(0, user).run(); !done) return done;
        for (const Binding& binding : bindings) {
            if (!is_kept(binding)) continue;
            bind_binding(*row, user, binding, offset);
            if (auto done = row->run(); !done) return done;
        }
    }
    return true;
}

Result<std::map<std::string, std::vector<Binding>>> AccountDatabase::load_bindings(WallOffset offset,
                                                                                   TimePoint now) {
    auto rows = database_.prepare("SELECT * FROM binding");
    if (!rows) return fail(rows.error());
    std::map<std::string, std::vector<Binding>> by_user;
    auto more = rows->step();
    for (; more && *more; more = rows->step())
        if (auto binding = read_binding(*rows, offset); binding && binding->expires > now)
            by_user[rows->text(0)].push_back(std::move(*binding));
    if (!more) return fail(more.error());
    return by_user;
}

Result<std::int64_t> AccountDatabase::version() {
    auto row = database_.prepare("PRAGMA data_version");
    if (!row) return fail(row.error());
    if (auto there = row->step(); !there) return fail(there.error());
    return row->number(0);
}

}  // namespace rotunda::server
