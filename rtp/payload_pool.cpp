#include "rtp/payload_pool.hpp"

#include <algorithm>
#include <bit>

#include "base/prefetch.hpp"

namespace rotunda::rtp {

std::uint64_t PayloadPool::mask(Block block) {
    return ((std::uint64_t{1} << block.count) - 1) << block.first;
}

std::optional<PayloadPool::Block> PayloadPool::store(Bytes payload) {
    if (payload.empty() || payload.size() > max_payload_size) return std::nullopt;
    Block block;
    block.count = static_cast<std::uint8_t>((payload.size() + block_size - 1) / block_size);
    for (; block.first + block.count <= block_count; ++block.first) {
        if (used_ & mask(block)) continue;
        used_ |= mask(block);
        std::copy(payload.begin(), payload.end(), memory_->begin() + block.first * block_size);
        return block;
    }
    return std::nullopt;
}

void PayloadPool::prefetch_next() const {
    const auto first = static_cast<std::size_t>(std::countr_one(used_));
    if (first < block_count) prefetch(memory_->data() + first * block_size, 2 * block_size);
}

void PayloadPool::release(Block block) {
    used_ &= ~mask(block);
}

}  // namespace rotunda::rtp
