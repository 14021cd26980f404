// As std::optional, but what is not there takes the room of a pointer: for what a long-lived object has for
// moments only.
#pragma once

#include <memory>
#include <utility>

namespace rotunda {

// Moves, and is empty afterwards; does not copy. Heap whenever it is filled.
template <typename T>
class Boxed {
  public:
    Boxed() = default;
    Boxed& operator=(T value) {
        emplace(std::move(value));
        return *this;
    }

    template <typename... Arguments>
    T& emplace(Arguments&&... arguments) {
        value_ = std::make_unique<T>(std::forward<Arguments>(arguments)...);
        return *value_;
    }
    void reset() { value_.reset(); }

    explicit operator bool() const { return value_ != nullptr; }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    const T* operator->() const { return value_.get(); }

  private:
    std::unique_ptr<T> value_;
};

}  // namespace rotunda
