#include "accounts/user_table.hpp"

namespace rotunda::accounts {

DigestKeys make_digest_keys(std::string_view username, std::string_view realm, std::string_view password) {
    DigestKeys keys;
    for (const sip::DigestAlgorithm algorithm : sip::digest_algorithms)
        keys[static_cast<std::size_t>(algorithm)] = sip::digest_ha1(algorithm, username, realm, password);
    return keys;
}

std::string_view UserTable::ha1(std::string_view name, sip::DigestAlgorithm algorithm) const {
    const auto it = users_.find(name);
    if (it == users_.end()) return {};
    return it->second[static_cast<std::size_t>(algorithm)];
}

}  // namespace rotunda::accounts
