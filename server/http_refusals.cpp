#include "server/http_refusals.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace rotunda::server {
namespace {

constexpr Duration quiet = std::chrono::minutes(1);

struct Words {
    std::string_view reason, message;
};
// In the order of Kind.
constexpr std::array<Words, static_cast<std::size_t>(HttpRefusals::Kind::count)> words = {{
    {"token", "a request without a token that is known (http.tokens): 401"},
    {"rate", "more requests than are answered in a second: 429"},
    {"streams", "as many programs listen to events as may at once: 503"},
    {"connections", "as many connections are open as may be at once"},
    {"slow", "who neither spoke nor read in time was disconnected"},
    {"malformed", "what came was no request, or larger than is read: 400, 413, 431 or 505"},
}};

}  // namespace

void HttpRefusals::tell(Kind kind, const IpAddress& from) {
    const auto which = static_cast<std::size_t>(kind);
    Tally& tally = tallies_[which];
    ++tally.total;
    const TimePoint now = clock_.now();
    if (tally.told != 0 && now < tally.next) return;
    tally.next = now + quiet;
    const std::uint64_t times = tally.total - std::exchange(tally.told, tally.total);
    log_.write({LogLevel::warning,
                "http.refused",
                std::string(words[which].message),
                {{"reason", std::string(words[which].reason)},
                 {"source", from.to_string()},
                 {"times", std::to_string(times)}}});
}

}  // namespace rotunda::server
