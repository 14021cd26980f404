// What the operating system lets this process have, and what it has used.
#pragma once

#include <cstddef>

#include "base/time.hpp"

namespace rotunda::server {

// Raises the number of open files to what is permitted; returns it. A call takes two descriptors, a TCP
// connection one.
std::size_t raise_file_limit();

// As many as it may run on, or less where its control group has a share of them (a container with a limit).
double granted_cores();

// Of all threads, since the start.
Duration process_cpu();
// Of the calling thread.
Duration thread_cpu();

}  // namespace rotunda::server
