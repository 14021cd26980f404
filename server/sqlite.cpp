#include "server/sqlite.hpp"

#include <sqlite3.h>

namespace rotunda::server {
namespace {

constexpr int patience_ms = 5000;

Failure<Error> failure(sqlite3* handle) {
    return fail_with(sqlite3_errmsg(handle));
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

SqliteStatement& SqliteStatement::bind(int index, std::string_view text) {
    sqlite3_bind_text(statement_.get(), index + 1, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
    return *this;
}

SqliteStatement& SqliteStatement::bind(int index, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), index + 1, number);
    return *this;
}

Result<bool> SqliteStatement::step() {
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return failure(sqlite3_db_handle(statement_.get()));
}

Result<bool> SqliteStatement::run() {
    auto more = step();
    while (more && *more) more = step();
    sqlite3_reset(statement_.get());
    return more;
}

std::string SqliteStatement::text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return bytes ? std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size))
                 : std::string();
}

std::int64_t SqliteStatement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

void Sqlite::Close::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Result<Sqlite> Sqlite::open(const std::string& path) {
    sqlite3* handle = nullptr;
    const int status =
        sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    Sqlite database(handle);
    if (status != SQLITE_OK) return fail_with(handle ? sqlite3_errmsg(handle) : "out of memory");
    sqlite3_busy_timeout(handle, patience_ms);
    return database;
}

Result<bool> Sqlite::execute(const char* sql) {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return failure(handle_.get());
    return true;
}

Result<SqliteStatement> Sqlite::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
        SQLITE_OK)
        return failure(handle_.get());
    return SqliteStatement(statement);
}

bool Sqlite::is_busy() const {
    return sqlite3_errcode(handle_.get()) == SQLITE_BUSY;
}

int Sqlite::changes() const {
    return sqlite3_changes(handle_.get());
}

}  // namespace rotunda::server
