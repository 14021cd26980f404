// How many calls one referrer has under way at once.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>

#include "base/net_address.hpp"
#include "rooms/dialer.hpp"
#include "signaling/identity.hpp"

namespace rotunda::rooms {

// A user is one referrer wherever he is, a stranger is his address.
class DialQuota {
  public:
    explicit DialQuota(std::size_t most) : most_(most) {}

    // Who stands for `who`, as he came from `address`; empty: nobody counts.
    static std::string key_of(const sip::Identity& who, const IpAddress& address);

    // From now on; who has more under way keeps it.
    void set_most(std::size_t most) { most_ = most; }

    bool full(const std::string& key) const;
    void begin(DialId dial, const std::string& key);
    void end(DialId dial);

  private:
    std::size_t most_;
    std::map<std::string, std::size_t> under_way_;
    std::unordered_map<DialId, std::string> by_dial_;
};

}  // namespace rotunda::rooms
