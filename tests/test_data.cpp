#include "tests/test_data.hpp"

namespace rotunda {

std::string test_data(std::string_view path) {
    return std::string(ROTUNDA_TEST_DATA "/") += path;
}

}  // namespace rotunda
