// Integers that cannot be mistaken for one another: StrongId<struct RoomTag>.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace rotunda {

// Zero means "none"; ids are handed out from 1 upwards and never reused within a process.
template <typename Tag>
struct StrongId {
    std::uint64_t value = 0;

    constexpr explicit operator bool() const { return value != 0; }
    friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

template <typename Id>
class IdSource {
  public:
    Id next() { return Id{++last_}; }

  private:
    std::uint64_t last_ = 0;
};

}  // namespace rotunda

template <typename Tag>
struct std::hash<rotunda::StrongId<Tag>> {
    std::size_t operator()(rotunda::StrongId<Tag> id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value);
    }
};
