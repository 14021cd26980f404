#include "tests/torture_messages.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/test_data.hpp"

namespace rotunda {
namespace {

std::string read_file(const std::string& name) {
    std::ifstream in(test_data("sip-torture/" + name), std::ios::binary);
    REQUIRE_MESSAGE(in, name);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::vector<TortureRow> torture_rows() {
    std::istringstream table(read_file("expected.tsv"));
    std::vector<TortureRow> rows;
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
        std::istringstream cells(line);
        std::vector<std::string> cell(6);
        for (std::string& text : cell) std::getline(cells, text, '\t');
        rows.push_back({cell[0], cell[3], cell[4], cell[5]});
    }
    REQUIRE(rows.size() == 49);
    return rows;
}

std::string torture_message(std::string_view file) {
    return read_file("messages/" + std::string(file));
}

}  // namespace rotunda
