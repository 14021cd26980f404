#include "server/nearest_name.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace rotunda::server {
namespace {

// Optimal string alignment distance, in three rows.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view written, std::span<const std::string_view> candidates) {
    constexpr std::size_t longest = 100;  // nobody's slip is longer, and the work stays small
    written = written.substr(0, longest);
    std::string_view best;
    std::size_t least = static_cast<std::size_t>(-1);
    for (std::string_view candidate : candidates)
        if (std::size_t d = distance(written, candidate); d < least) {
            least = d;
            best = candidate;
        }
    return best;
}

}  // namespace rotunda::server
