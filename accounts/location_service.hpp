// Where users can be reached (RFC 3261 §10): their bindings, until these expire. Sans-IO, signaling thread.
// Every change is told by user, so that the bindings can be kept on disk.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "accounts/binding.hpp"
#include "base/time.hpp"

namespace rotunda::accounts {

// Where a request to a user goes.
struct ContactTarget {
    sip::Uri uri;
    std::vector<sip::NameAddr> route;
    std::optional<sip::Flow> flow;  // none: by the URI or the route
    int q = 1000;                   // thousandths
    // RFC 5626 §5.3: of targets with the same one only the next is tried, and only when the one before
    // failed: it is the same phone by another way. Empty: a phone of its own.
    std::string instance;
};

class LocationService {
  public:
    // Contacts of one user that still stand, the highest q first, then the latest.
    std::vector<ContactTarget> lookup(std::string_view user, TimePoint now) const;
    const std::vector<Binding>& bindings(std::string_view user) const;
    // All there is to know of a user from now on; none: he is nowhere.
    void replace(const std::string& user, std::vector<Binding> bindings);

    // Forgets what has expired, some of it up to a second later.
    void on_timeout(TimePoint now);
    std::optional<TimePoint> next_timeout() const;
    // A connection is gone. What could only be reached over it is forgotten, the rest goes by its URI.
    void on_connection_lost(sip::ConnectionId connection);

    // Over which connections somebody can be reached.
    void add_connections(std::unordered_set<sip::ConnectionId>& used) const;

    std::vector<std::string> known_users() const;
    std::size_t size() const { return size_; }
    // Who has any.
    std::size_t users() const { return reachable_; }
    // The same contact again, as nearly every REGISTER: the next request of the same phone by the same way,
    // in the same words.
    struct Refresh {
        std::string asked;
        std::string_view call_id;
        std::uint32_t cseq;
        const sip::Flow* flow;  // null: a proxy's
        Duration least, most;   // the time there may be
    };
    // False: it is not so, or something of his has expired; nothing was done.
    bool refresh(std::string_view user, const Refresh& again, TimePoint now);

    bool has_changed() const { return !changed_.empty(); }
    // Whose bindings have changed since the last call. Who was forgotten in between may be named twice.
    std::vector<std::string> take_changed();

  private:
    // Stays for a while when his last binding is gone: until `looked_at`.
    struct User {
        std::vector<Binding> bindings;
        std::optional<TimePoint> looked_at;  // his entry in agenda_
        bool told = false;                   // he is in changed_
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Users = std::unordered_map<std::string, User, Hash, std::equal_to<>>;
    void index(const std::string& user, const std::vector<Binding>& bindings);
    void unindex(const std::string& user, const std::vector<Binding>& bindings);
    void look_again(const std::string& user, User& entry);
    void note_change(const std::string& user, User& entry);
    void look_at(Users::iterator it, TimePoint now);

    Users users_;
    std::unordered_multimap<sip::ConnectionId, std::string> by_connection_;
    // When to see whether something has expired, by whole seconds. A refresh leaves it alone: nearly always
    // it comes before the end, and most registrations are refreshed many times.
    std::map<TimePoint, std::vector<std::string>> agenda_;
    std::vector<std::string> changed_;
    std::size_t size_ = 0;
    std::size_t reachable_ = 0;
};

}  // namespace rotunda::accounts
