// Room for the payloads of one stream, allocated once: 64 blocks of 128 octets (a second of G.711), a payload
// in consecutive blocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/byte_reader.hpp"

namespace rotunda::rtp {

inline constexpr std::size_t max_payload_size = 1500;

class PayloadPool {
  public:
    PayloadPool() : memory_(std::make_unique_for_overwrite<Memory>()) {}

    struct Block {
        std::uint8_t first = 0;
        std::uint8_t count = 0;  // 0: nothing held
    };

    // Copies the payload (1 to max_payload_size octets); nullopt if no run of free blocks is long enough.
    std::optional<Block> store(Bytes payload);
    void release(Block block);
    // A hint to the processor: where the next payload will most likely be stored.
    void prefetch_next() const;
    Bytes view(Block block, std::size_t size) const {
        return Bytes(*memory_).subspan(block.first * block_size, size);
    }

  private:
    static constexpr std::size_t block_size = 128;
    static constexpr std::size_t block_count = 64;

    static std::uint64_t mask(Block block);

    using Memory = std::array<std::uint8_t, block_size * block_count>;

    std::uint64_t used_ = 0;  // one bit a block
    std::unique_ptr<Memory> memory_;
};

}  // namespace rotunda::rtp
