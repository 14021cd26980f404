// What the operating system lets this process have.
#pragma once

#include <cstddef>

namespace rotunda::server {

// Raises the number of open files to what is permitted; returns it. A call takes two descriptors, a TCP
// connection one.
std::size_t raise_file_limit();

}  // namespace rotunda::server
