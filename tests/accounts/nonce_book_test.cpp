#include "accounts/nonce_book.hpp"

#include "tests/accounts/account_bench.hpp"

namespace rotunda::accounts {
namespace {

const IpAddress here = *IpAddress::parse("192.0.2.1");

bool uses(NonceBook& book, const std::string& nonce, std::uint32_t count, TimePoint now,
          const IpAddress& from = here) {
    const auto ticket = book.open(nonce, from);
    return ticket && book.use(*ticket, count, now);
}

TEST_CASE("counts may overtake one another by less than 64 and never come twice") {
    SeededRandom random(1);
    NonceBook book(1min, 10, random);
    const std::string nonce = book.issue(here, TimePoint{});
    for (const std::uint32_t count : {3U, 1U, 2U, 70U, 7U}) CHECK(uses(book, nonce, count, TimePoint{}));
    for (const std::uint32_t count : {0U, 1U, 3U, 6U, 7U, 70U})
        CHECK_FALSE(uses(book, nonce, count, TimePoint{}));
    CHECK(uses(book, nonce, 0xffffffff, TimePoint{}));
    CHECK_FALSE(uses(book, nonce, 71, TimePoint{}));
}

TEST_CASE("a nonce is good for as many requests as configured") {
    SeededRandom random(1);
    NonceBook book(1min, 10, random, 2);
    const std::string nonce = book.issue(here, TimePoint{});
    CHECK(uses(book, nonce, 1, TimePoint{}));
    CHECK(uses(book, nonce, 2, TimePoint{}));
    CHECK_FALSE(uses(book, nonce, 3, TimePoint{}));
    CHECK(uses(book, book.issue(here, TimePoint{}), 1, TimePoint{}));
}

TEST_CASE("nonces of others and changed ones are not ours") {
    SeededRandom random(1), another(2);
    NonceBook book(1min, 10, random), other(1min, 10, another);
    std::string nonce = book.issue(here, TimePoint{});
    CHECK_FALSE(uses(other, nonce, 1, TimePoint{}));
    nonce[3] = nonce[3] == '0' ? '1' : '0';
    CHECK_FALSE(uses(book, nonce, 1, TimePoint{}));
    CHECK_FALSE(uses(book, "", 1, TimePoint{}));
    CHECK(book.remembered() == 0);
}

TEST_CASE("a nonce is good at the address it went to, in either family's spelling, and nowhere else") {
    SeededRandom random(1);
    NonceBook book(1min, 10, random);
    const std::string nonce = book.issue(here, TimePoint{});
    CHECK_FALSE(uses(book, nonce, 1, TimePoint{}, *IpAddress::parse("192.0.2.2")));
    CHECK(uses(book, nonce, 1, TimePoint{}, *IpAddress::parse("::ffff:192.0.2.1")));
}

TEST_CASE("however many nonces are used, memory stays bounded and none that was forgotten can be replayed") {
    SeededRandom random(1);
    NonceBook book(1h, 4, random);
    std::vector<std::string> nonces;
    TimePoint now{};
    for (int i = 0; i < 20; ++i) {
        now += 1s;
        nonces.push_back(book.issue(here, now));
        CHECK(uses(book, nonces.back(), 1, now));
        CHECK(book.remembered() <= 4);
    }
    for (const std::string& nonce : nonces) CHECK_FALSE(uses(book, nonce, 1, now));
    CHECK(uses(book, nonces.back(), 2, now));
    now += 2h;
    const std::string fresh = book.issue(here, now);
    CHECK(uses(book, fresh, 1, now));
    CHECK(book.remembered() == 1);
}

}  // namespace
}  // namespace rotunda::accounts
