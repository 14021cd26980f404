// Answers of the API as people read them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rotunda::cli {

// Columns as wide as they need to be, numbers to the right, under the titles.
class Table {
  public:
    explicit Table(std::vector<std::string> titles) { rows_.push_back(std::move(titles)); }
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    bool empty() const { return rows_.size() == 1; }
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

// The members of each object of the array `list` in a JSON document, as a table. `columns`: names with spaces
// between them; "audio.codec" is a member of a member. One that no object has is left out.
std::string table_of(std::string_view document, std::string_view list, std::string_view columns);
// "name: value" for each member of a JSON object, members of members indented.
std::string lines_of(std::string_view document);
// One member of a JSON object as text; empty: there is none.
std::string member_of(std::string_view document, std::string_view name);

}  // namespace rotunda::cli
