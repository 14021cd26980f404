#include "api/call_history.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rotunda;
using namespace rotunda::api;

TEST_CASE("a time stamp is UTC to the millisecond") {
    CHECK(timestamp(WallTime(std::chrono::milliseconds(1'795'271'234'567))) == "2026-11-21T14:27:14.567Z");
    CHECK(timestamp(WallTime()) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("a record is one line of JSON, with quality only where media was agreed") {
    rooms::CallRecord record;
    record.call_id = "a\n\"b";
    record.ended = TimePoint(std::chrono::milliseconds(61'500));
    record.cause = "bye";
    CHECK(to_json(record, {}).find('\n') == std::string::npos);
    CHECK(to_json(record, {}).find("\"seconds\":6.15E1") != std::string::npos);
    CHECK(to_json(record, {}).find("quality") == std::string::npos);
    record.joined = true;
    record.mos = 4.4049;
    CHECK(to_json(record, {}).find("\"mos\":4.4E0") != std::string::npos);
    CHECK(to_json(record, {}).find("\"lost\":0") != std::string::npos);
}

TEST_CASE("a bill has the time since the answer, the trunk and the user; who never answered has none of it") {
    rooms::CallRecord record;
    record.ended = TimePoint(std::chrono::seconds(65));
    record.status = 486;
    const std::string busy = to_json(record, {});
    CHECK(busy.find("answered") == std::string::npos);
    CHECK(busy.find("talk_seconds") == std::string::npos);
    CHECK(busy.find("trunk") == std::string::npos);
    CHECK(busy.find("\"status\":486") != std::string::npos);
    record.status = 0;
    record.answered = TimePoint(std::chrono::seconds(45));
    record.trunk = "carrier";
    record.user = "alice";
    const std::string talked = to_json(record, {});
    CHECK(talked.find("\"seconds\":6.5E1") != std::string::npos);
    CHECK(talked.find("\"answered\":\"1970-01-01T00:00:45.000Z\",\"talk_seconds\":2E1") != std::string::npos);
    CHECK(talked.find("\"trunk\":\"carrier\",\"user\":\"alice\"") != std::string::npos);
}

TEST_CASE("the last records are kept, the latest first") {
    CallHistory history;
    for (int i = 0; i < 1500; ++i) history.add(std::to_string(i));
    CHECK(history.size() == 1000);
    CHECK(history.latest(2) == "[1499,1498]");
    CHECK(history.latest(0) == "[]");
}
