#include "accounts/nonce_book.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hex.hpp"
#include "base/subscriber_address.hpp"

namespace rotunda::accounts {
namespace {

constexpr std::size_t number_digits = 16, mac_digits = 32;
constexpr std::size_t nonce_size = 2 * number_digits + mac_digits;

std::optional<std::uint64_t> read_hex64(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

NonceBook::NonceBook(Duration lifetime, std::size_t most, RandomSource& random, std::uint32_t uses)
    : lifetime_(lifetime),
      most_(std::max<std::size_t>(most, 1)),
      uses_(uses),
      random_(random),
      hash_(random) {}

std::string NonceBook::issue(const IpAddress& to, TimePoint now) {
    std::string text;
    text.reserve(nonce_size);
    append_hex(text, static_cast<std::uint64_t>(now.time_since_epoch().count()));
    append_hex(text, random_.next());
    const KeyedDigest mac = seal(text, to);
    append_hex(text, mac.high);
    append_hex(text, mac.low);
    return text;
}

KeyedDigest NonceBook::seal(std::string_view numbers, const IpAddress& address) const {
    const IpAddress plain = subscriber_of(address);  // phones change their address within an IPv6 /64
    std::array<char, 2 * number_digits + 16> text;
    std::copy(numbers.begin(), numbers.end(), text.begin());
    std::copy(plain.bytes().begin(), plain.bytes().end(), text.begin() + 2 * number_digits);
    return hash_({text.data(), text.size()});
}

std::optional<NonceBook::Ticket> NonceBook::open(std::string_view nonce, const IpAddress& from) const {
    if (nonce.size() != nonce_size) return std::nullopt;
    const auto issued = read_hex64(nonce.substr(0, number_digits));
    const auto serial = read_hex64(nonce.substr(number_digits, number_digits));
    if (!issued || !serial) return std::nullopt;
    const auto high = read_hex64(nonce.substr(2 * number_digits, mac_digits / 2));
    const auto low = read_hex64(nonce.substr(2 * number_digits + mac_digits / 2));
    if (!high || !low) return std::nullopt;
    const KeyedDigest ours = seal(nonce.substr(0, 2 * number_digits), from);
    // All of it in any case: the time tells nothing of where they differ.
    if (((ours.high ^ *high) | (ours.low ^ *low)) != 0) return std::nullopt;
    return Ticket{*issued, *serial};
}

bool NonceBook::use(const Ticket& ticket, std::uint32_t count, TimePoint now) {
    const TimePoint issued = ticket.issued();
    forget_old(now);
    if (issued + lifetime_ <= now || issued < oldest_good_ || count > uses_) return false;
    auto it = windows_.find(ticket.serial);
    if (it == windows_.end()) {
        if (windows_.size() == most_) {
            // Without its window it could be replayed, so it and all older ones are stale from now on.
            const Remembered first = order_.front();
            oldest_good_ = std::max(oldest_good_, first.until - lifetime_ + Duration(1));
            windows_.erase(first.serial);
            order_.pop_front();
        }
        it = windows_.emplace(ticket.serial, Window{}).first;
        order_.push_back({ticket.serial, issued + lifetime_});
    }
    return it->second.take(count);
}

void NonceBook::forget_old(TimePoint now) {
    for (; !order_.empty() && order_.front().until <= now; order_.pop_front())
        windows_.erase(order_.front().serial);
}

bool NonceBook::Window::take(std::uint32_t count) {
    if (count == 0) return false;
    if (count > highest) {
        const std::uint32_t step = count - highest;
        seen = step < 64 ? seen << step | 1 : 1;
        highest = count;
        return true;
    }
    const std::uint32_t behind = highest - count;
    if (behind >= 64 || (seen >> behind & 1) != 0) return false;
    seen |= std::uint64_t{1} << behind;
    return true;
}

}  // namespace rotunda::accounts
