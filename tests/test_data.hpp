// Where the data of the tests lies.
#pragma once

#include <string>
#include <string_view>

namespace rotunda {

// "speech/talk_8k.wav" under tests/data, as a path that can be opened.
std::string test_data(std::string_view path);

}  // namespace rotunda
