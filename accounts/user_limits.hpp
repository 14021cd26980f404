// What one user may have open and ask for, and how often his password may be guessed, from however many
// addresses. Sans-IO, signaling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/keyed_hash.hpp"
#include "base/leaky_bucket.hpp"
#include "base/net_address.hpp"
#include "base/subscriber_address.hpp"
#include "signaling/bounded_table.hpp"

namespace rotunda::accounts {

class UserLimits {
  public:
    // Calls of one user's that nobody has acknowledged, and requests other than INVITE outside calls: so many
    // at once, and so many a second are forgotten.
    struct Settings {
        double open_calls = 350, open_calls_forgotten = 20;
        double requests = 2000, requests_forgotten = 200;
    };

    UserLimits(const Settings& settings, const KeyedHash& hash)
        : settings_(settings),
          hash_(hash),
          users_(most_users, hash),
          places_(most_users, hash),
          guesses_(most_users, hash),
          addresses_(most_users, hash) {}

    // Credentials of his, from there, are worth a look. Where he has proved himself before they always are,
    // whoever guesses there or elsewhere.
    bool may_try(const std::string& user, const IpAddress& from, TimePoint now);
    // From there come so many wrong ones that no others are looked at.
    bool has_guessed(const std::string& user, const IpAddress& from, TimePoint now);
    void on_wrong(const std::string& user, const IpAddress& from, TimePoint now);
    void on_right(const std::string& user, const IpAddress& from, TimePoint now);

    // He may begin a call; it is open until it stands.
    bool take_call(const std::string& user, TimePoint now);
    void on_call_stands(const std::string& user);
    // A request of his that begins no call may be served.
    bool take_request(const std::string& user, TimePoint now);

    // Of one user in all, of which one address can use up a part only: else it alone would keep him from
    // proving himself anywhere new.
    static constexpr double wrong_tries = 100, wrong_tries_from_one_address = 20, forgiven_per_second = 0.5;
    // Of one address, whomever it tries. Then from there only who has proved himself there is heard.
    static constexpr double wrong_tries_at_all_users = 100, forgiven_to_address_per_second = 1;

  private:
    static constexpr std::size_t most_users = 32'768;
    struct User {
        LeakyBucket wrong, calls, requests;
        IpAddress place;          // where he proved himself last
        TimePoint place_noted{};  // in places_
    };
    // Tables of a fixed size hold no names: a peer may choose one of thousands of octets.
    KeyedDigest place(const std::string& user, const IpAddress& from) const {
        return hash_(subscriber_of(from).to_string() + ' ' + user);
    }
    bool guesses_around(const IpAddress& from, TimePoint now);

    Settings settings_;
    KeyedHash hash_;
    sip::BoundedTable<KeyedDigest, User> users_;  // by name
    // Where users have proved themselves, and until when it counts.
    sip::BoundedTable<KeyedDigest, TimePoint> places_;
    sip::BoundedTable<KeyedDigest, LeakyBucket> guesses_;  // by place
    sip::BoundedTable<IpAddress, LeakyBucket> addresses_;  // wrong ones from there, whoever was meant
};

}  // namespace rotunda::accounts
