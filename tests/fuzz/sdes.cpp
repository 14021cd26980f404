// Keys in the session description: an offer's a=crypto lines, and behind a form feed those of the next offer,
// and so on; each is also taken as the answer to an offer of ours.
#include <algorithm>

#include "base/text.hpp"
#include "sdp/crypto.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using rotunda::fuzz::require;

namespace {

Media line_with(std::string_view text) {
    Media line;
    std::optional<std::string_view> rest = text;
    while (rest && line.attributes.size() < 64) {
        const Split piece = split_once(*rest, '\n');
        rest = piece.tail;
        line.attributes.push_back({"crypto", std::string(piece.head)});
    }
    return line;
}

void check_lines(const Media& line, const std::vector<CryptoAttribute>& understood) {
    require(understood.size() <= line.attributes.size(), "a line is one key at most");
    for (const CryptoAttribute& each : understood) {
        require(each.tag >= 1 && each.tag <= 999'999'999, "the tag is in range");
        require(parse_crypto(to_string(each)) == each, "what was read comes back");
    }
}

void offered(const std::vector<CryptoAttribute>& offer, std::optional<SrtpKeys>& standing,
             RandomSource& random) {
    const auto agreed = answer_crypto(offer, standing, random);
    require(agreed.has_value() == !offer.empty(), "what is understood is answered");
    if (!agreed) return;
    const auto is_theirs = [&](const CryptoAttribute& each) {
        return each.tag == agreed->ours.tag && each.key == agreed->keys.receive;
    };
    require(std::any_of(offer.begin(), offer.end(), is_theirs), "the answer names a line of the offer");
    require(agreed->ours.key == agreed->keys.send, "what we announce is what we use");
    require(agreed->keys.send.suite == agreed->keys.receive.suite, "one suite for both directions");
    const bool same = standing && standing->receive == agreed->keys.receive;
    require(same == (standing && standing->send == agreed->keys.send), "both keys change, or none (rule 23)");
    standing = agreed->keys;
    require(answer_crypto(offer, standing, random)->keys == *standing, "a refresh keeps the keys");
}

void answered(const std::vector<CryptoAttribute>& answer, const std::optional<SrtpKeys>& standing,
              RandomSource& random) {
    const auto ours = offer_crypto(standing, true, random);
    const auto keys = answered_crypto(ours, answer);
    if (!keys) return;
    const auto is_ours = [&](const CryptoAttribute& each) { return each.key == keys->send; };
    require(std::any_of(ours.begin(), ours.end(), is_ours), "we send with a key that we offered");
    require(keys->send.suite == keys->receive.suite, "the answer is of the suite of its line");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    SeededRandom random(1);
    std::optional<SrtpKeys> standing;
    std::optional<std::string_view> rest = fuzz::as_text(data, size);
    while (rest) {
        const Split piece = split_once(*rest, '\f');
        rest = piece.tail;
        const Media line = line_with(piece.head);
        const auto understood = cryptos_of(line);
        check_lines(line, understood);
        offered(understood, standing, random);
        answered(understood, standing, random);
    }
    return 0;
}
