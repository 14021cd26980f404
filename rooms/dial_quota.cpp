#include "rooms/dial_quota.hpp"

#include "base/subscriber_address.hpp"

namespace rotunda::rooms {

std::string DialQuota::key_of(const sip::Identity& who, const IpAddress& address) {
    if (who.is_trunk()) return {};
    return who.is_user() ? "user " + who.name : "address " + subscriber_of(address).to_string();
}

bool DialQuota::full(const std::string& key) const {
    const auto found = under_way_.find(key);
    return found != under_way_.end() && found->second >= most_;
}

void DialQuota::begin(DialId dial, const std::string& key) {
    if (key.empty()) return;
    ++under_way_[key];
    by_dial_.emplace(dial, key);
}

void DialQuota::end(DialId dial) {
    const auto asked = by_dial_.extract(dial);
    if (!asked) return;
    const auto found = under_way_.find(asked.mapped());
    if (--found->second == 0) under_way_.erase(found);
}

}  // namespace rotunda::rooms
