#include "signaling/method.hpp"

#include <array>

namespace rotunda::sip {
namespace {

constexpr std::array<std::string_view, Method::other> names = {
    "INVITE", "ACK",  "BYE",     "CANCEL", "OPTIONS",   "REGISTER", "PRACK",
    "UPDATE", "INFO", "MESSAGE", "REFER",  "SUBSCRIBE", "NOTIFY",   "PUBLISH"};

}  // namespace

Method Method::from(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Id>(i);
    Method method;
    method.other_.edit() = name;
    return method;
}

std::string_view Method::name() const {
    return id_ == other ? std::string_view(other_.get()) : names[id_];
}

}  // namespace rotunda::sip
