// Request methods: an enumerator for those we know, the text for the rest. Methods are case-sensitive (RFC
// 3261 §7.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/rare.hpp"

namespace rotunda::sip {

class Method {
  public:
    enum Id : std::uint8_t {
        invite,
        ack,
        bye,
        cancel,
        options,
        register_,
        prack,
        update,
        info,
        message,
        refer,
        subscribe,
        notify,
        publish,
        other
    };

    Method() = default;  // other, no name
    Method(Id id) : id_(id) {}
    // Any token; the caller has checked that it is one.
    static Method from(std::string_view name);

    Id id() const { return id_; }
    std::string_view name() const;

    friend bool operator==(const Method&, const Method&) = default;
    friend bool operator==(const Method& method, Id id) { return method.id_ == id; }

  private:
    Id id_ = other;
    Rare<std::string> other_;
};

}  // namespace rotunda::sip
