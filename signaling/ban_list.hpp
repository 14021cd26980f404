// The bans that stand, for people to look at. Bounded: of too many the oldest are not listed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/net_address.hpp"
#include "base/time.hpp"

namespace rotunda::sip {

struct Ban {
    IpAddress address;
    Duration length{};  // in all, or what is left of it
    std::string_view why;
    bool forgeable = false;  // perhaps somebody else sent it in his name
    std::uint16_t port = 0;  // of the one endpoint there that is banned though it is proven; 0: all others
};

class BanList {
  public:
    static constexpr std::size_t most = 4096;

    // One for each address, and for each proven endpoint.
    void add(const Ban& ban, TimePoint now) {
        remove([&](const Ban& each) { return each.address == ban.address && each.port == ban.port; });
        if (standing_.size() == most) standing_.pop_front();
        standing_.push_back({ban, now + ban.length});
    }
    template <typename Which>
    void remove(Which which) {
        std::erase_if(standing_, [&](const Standing& each) { return which(each.ban); });
    }
    // The latest last, each with what is left of it.
    std::vector<Ban> list(TimePoint now) const {
        std::vector<Ban> out;
        for (const Standing& each : standing_) {
            if (each.until <= now) continue;
            out.push_back(each.ban);
            out.back().length = each.until - now;
        }
        return out;
    }
    std::size_t count(TimePoint now) const {
        const auto stands = [&](const Standing& each) { return now < each.until; };
        return static_cast<std::size_t>(std::count_if(standing_.begin(), standing_.end(), stands));
    }

  private:
    struct Standing {
        Ban ban;
        TimePoint until{};
    };
    std::deque<Standing> standing_;  // in order of their beginning; some may be over
};

}  // namespace rotunda::sip
