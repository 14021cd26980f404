#include "tests/rtp/allocation_count.hpp"

#include <openssl/crypto.h>

#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

void* allocate(std::size_t size, const char*, int) {
    ++allocations;
    return std::malloc(size);
}
void* resize(void* memory, std::size_t size, const char*, int) {
    ++allocations;
    return std::realloc(memory, size);
}
void release(void* memory, const char*, int) {
    std::free(memory);
}

// Before OpenSSL takes its first memory, or it refuses.
[[maybe_unused]] const int openssl_counts = CRYPTO_set_mem_functions(allocate, resize, release);

}  // namespace

// For the whole test program; nothing else changes.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

std::size_t rotunda::rtp::test::allocation_count() {
    return allocations;
}
