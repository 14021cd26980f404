#include "api/event_history.hpp"

#include <doctest/doctest.h>

using namespace rotunda::api;

namespace {

constexpr std::size_t plenty = 1 << 30;

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t times = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++times;
    return times;
}

}  // namespace

TEST_CASE("a stream goes on where it was left, each event with its number, name and data") {
    EventHistory history;
    std::uint64_t position = history.last();
    CHECK(history.since(position, plenty).empty());
    history.add("call.joined", R"({"room":"1000"})");
    CHECK(history.since(position, plenty) == "id: 1\nevent: call.joined\ndata: {\"room\":\"1000\"}\n\n");
    CHECK(history.since(position, plenty).empty());
    history.add("call.ended", "{}");
    CHECK(history.since(position, plenty) == "id: 2\nevent: call.ended\ndata: {}\n\n");
}

TEST_CASE("a stream takes no more at a time than it is given, and misses nothing") {
    EventHistory history;
    for (int i = 0; i < 100; ++i) history.add("e", "{}");
    std::uint64_t position = 0;
    std::string all;
    for (std::string part = history.since(position, 100); !part.empty();
         part = history.since(position, 100)) {
        CHECK(part.size() < 200);
        all += part;
    }
    CHECK(count(all, "id: ") == 100);
    CHECK(position == 100);
}

TEST_CASE("who fell behind what is kept is told so and goes on with the oldest") {
    EventHistory history;
    for (int i = 0; i < 5000; ++i) history.add("e", "{}");
    std::uint64_t position = 10;
    const std::string out = history.since(position, plenty);
    CHECK(out.starts_with("event: lost\ndata: {\"after\":10}\n\nid: 905\n"));
    CHECK(count(out, "id: ") == 4096);
    CHECK(position == 5000);
}

TEST_CASE("a number of the future is no number: the stream begins now") {
    EventHistory history(1000);
    history.add("e", "{}");
    std::uint64_t position = 5000;
    CHECK(history.since(position, plenty).empty());
    CHECK(position == 1000);
    position = 7;  // from before a restart
    CHECK(history.since(position, plenty).starts_with("event: lost\n"));
}

TEST_CASE("events come as objects too, and what is lost is said there as well") {
    EventHistory history(10);
    history.add("a", "{\"x\":1}");
    history.add("b", "{}");
    std::uint64_t position = 9;
    CHECK(history.objects_since(position, 1) ==
          std::vector<std::string>{R"({"id":10,"event":"a","data":{"x":1}})"});
    CHECK(history.objects_since(position, 1000) ==
          std::vector<std::string>{R"({"id":11,"event":"b","data":{}})"});
    CHECK(position == 11);
    position = 3;
    CHECK(history.objects_since(position, 1000).front() == R"({"event":"lost","data":{"after":3}})");
    CHECK(position == 11);
}
