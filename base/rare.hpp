// A value that is nearly always as it is made: then it takes the room of a pointer, and moving it costs as
// little.
#pragma once

#include <memory>

namespace rotunda {

// Copies and compares as its T does. Heap only where it was edited.
template <typename T>
class Rare {
  public:
    Rare() = default;
    Rare(const Rare& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    Rare(Rare&&) noexcept = default;
    Rare& operator=(const Rare& other) {
        if (this != &other) value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
        return *this;
    }
    Rare& operator=(Rare&&) noexcept = default;

    const T& get() const { return value_ ? *value_ : untouched(); }
    T& edit() {
        if (!value_) value_ = std::make_unique<T>();
        return *value_;
    }

    friend bool operator==(const Rare& a, const Rare& b) {
        return (!a.value_ && !b.value_) || a.get() == b.get();
    }

  private:
    static const T& untouched() {
        static const T value{};
        return value;
    }

    std::unique_ptr<T> value_;
};

}  // namespace rotunda
