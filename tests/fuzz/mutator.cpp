#include "tests/fuzz/mutator.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rotunda::fuzz {
namespace {

// What ends, opens or overflows something in one of the formats.
constexpr std::string_view telling[] = {"\r\n",
                                        "\r\n\r\n",
                                        "\n",
                                        "\"",
                                        "\\",
                                        "<",
                                        ">",
                                        ";",
                                        ",",
                                        ":",
                                        "=",
                                        "(",
                                        ")",
                                        "[",
                                        "]",
                                        "@",
                                        "%",
                                        "%00",
                                        "?",
                                        "&",
                                        " ",
                                        "\t",
                                        "--",
                                        "*",
                                        "0",
                                        "-1",
                                        "255",
                                        "65535",
                                        "65536",
                                        "4294967295",
                                        "4294967296",
                                        "18446744073709551616",
                                        "99999999999999999999999999",
                                        std::string_view("\0", 1),
                                        std::string_view("\0\0\0\0", 4),
                                        "\x7f",
                                        "\x80",
                                        "\xff",
                                        "\xff\xff",
                                        "\xff\xff\xff\xff",
                                        "\xc3\xa9"};

}  // namespace

Mutator::Mutator(std::vector<std::string> seeds, std::uint64_t number)
    : seeds_(std::move(seeds)), random_(number) {}

std::string Mutator::next() {
    std::string input = some_seed();
    for (std::size_t changes = 1 + below(8); changes > 0; --changes) change(input);
    if (input.size() > longest) input.resize(longest);
    return input;
}

std::string Mutator::some_part(const std::string& text) {
    if (text.empty()) return {};
    const std::size_t at = below(text.size());
    const std::size_t most = below(4) == 0 ? text.size() : 16;
    return text.substr(at, 1 + below(most));
}

void Mutator::change(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t size = std::min(input.size() - at, 1 + below(below(4) == 0 ? input.size() + 1 : 8));
    switch (below(9)) {
        case 0:
            if (at < input.size()) input[at] = static_cast<char>(input[at] ^ 1 << below(8));
            return;
        case 1:
            if (at < input.size()) input[at] = static_cast<char>(random_.next());
            return;
        case 2:
            if (at < input.size())
                input[at] = static_cast<char>(input[at] + static_cast<int>(below(33)) - 16);
            return;
        case 3:
            input.erase(at, size);
            return;
        case 4:
            input.insert(at, telling[below(std::size(telling))]);
            return;
        case 5:
            input.replace(at, size, telling[below(std::size(telling))]);
            return;
        case 6:
            input.insert(at, some_part(input));
            return;
        case 7:
            input.insert(at, some_part(some_seed()));
            return;
        default:
            input.replace(at, size, some_part(some_seed()));
            return;
    }
}

}  // namespace rotunda::fuzz
