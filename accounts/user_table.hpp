// Who has an account: for each user the H(A1) of each algorithm, never a password. A value; server/ makes a
// new one when something has changed.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "signaling/digest.hpp"

namespace rotunda::accounts {

// By algorithm; empty where the user has none for it.
using DigestKeys = std::array<std::string, sip::digest_algorithms.size()>;

// For all algorithms at once.
DigestKeys make_digest_keys(std::string_view username, std::string_view realm, std::string_view password);

class UserTable {
  public:
    // Names are case-sensitive, as the user part of a URI is (RFC 3261 §19.1.4). A later one of the same name
    // replaces the earlier.
    void set(std::string name, DigestKeys keys) { users_[std::move(name)] = std::move(keys); }

    bool has(std::string_view name) const { return users_.find(name) != users_.end(); }
    // Empty where there is no such user, or none of his for this algorithm.
    std::string_view ha1(std::string_view name, sip::DigestAlgorithm algorithm) const;
    void each(const std::function<void(const std::string& name)>& visit) const {
        for (const auto& [name, keys] : users_) visit(name);
    }
    bool empty() const { return users_.empty(); }
    std::size_t size() const { return users_.size(); }

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::unordered_map<std::string, DigestKeys, Hash, std::equal_to<>> users_;
};

}  // namespace rotunda::accounts
