// Who a request or a call is known to come from. A value; who decides it stands behind RequestGuard.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace rotunda::sip {

struct Identity {
    enum class Kind : std::uint8_t {
        anonymous,  // nobody proved anything, whatever From says
        user,       // proved by credentials: `name` in `realm`
        trunk,      // a peer trusted by its address or certificate: `name` as configured
    };

    Kind kind = Kind::anonymous;
    std::string name{};
    std::string realm{};  // users only

    static Identity user(std::string name, std::string realm) {
        return {Kind::user, std::move(name), std::move(realm)};
    }
    static Identity trunk(std::string name) { return {Kind::trunk, std::move(name), {}}; }

    bool is_anonymous() const { return kind == Kind::anonymous; }
    bool is_user() const { return kind == Kind::user; }
    bool is_trunk() const { return kind == Kind::trunk; }

    friend bool operator==(const Identity&, const Identity&) = default;
};

}  // namespace rotunda::sip
