// As much of SQLite as is needed: statements with bound values, errors as text, everything closed in the end.
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace rotunda::server {

class SqliteStatement {
  public:
    SqliteStatement(SqliteStatement&&) = default;

    // Parameters and columns count from 0.
    SqliteStatement& bind(int index, std::string_view text);
    SqliteStatement& bind(int index, std::int64_t number);
    // True: there is a row to read.
    Result<bool> step();
    // Runs it to its end; ready to be bound again.
    Result<bool> run();

    std::string text(int column) const;
    std::int64_t number(int column) const;

  private:
    friend class Sqlite;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Sqlite {
  public:
    // The file exists. Others that hold it are waited for, for a while.
    static Result<Sqlite> open(const std::string& path);

    // Any number of statements without values.
    Result<bool> execute(const char* sql);
    Result<SqliteStatement> prepare(std::string_view sql);
    // What failed last failed because others hold it.
    bool is_busy() const;
    // How many rows the last statement changed.
    int changes() const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    explicit Sqlite(sqlite3* handle) : handle_(handle) {}
    std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace rotunda::server
