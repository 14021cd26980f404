// How often this test program took heap, by operator new or inside OpenSSL.
#pragma once

#include <cstddef>

namespace rotunda::rtp::test {

std::size_t allocation_count();

}  // namespace rotunda::rtp::test
