// What the API says of a call that has lasted a minute: no other test waits that long.
#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include "api/operator_api.hpp"
#include "tests/api/still_host.hpp"
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::api;
using namespace std::chrono_literals;

TEST_CASE("after a minute a participant is shown with what his packets went through") {
    rooms::World world;
    StillHost host;
    Records records;
    const OperatorApi api(host, world.focus, records, {{}, true});
    world.call(1);
    const media::RoomId room = world.focus.find_room("1000")->id;
    const std::string path = "/v1/rooms/1000/participants";
    const auto participant = [&] {
        HttpRequest request;
        request.method = "GET";
        request.path = path;
        const HttpResponse answer = api.answer(request);
        REQUIRE(answer.status == 200);
        return boost::json::parse(answer.body).at("participants").at(0).as_object();
    };
    CHECK_FALSE(participant().contains("quality"));

    media::LegQuality quality;
    quality.packets_received = 2940;
    quality.packets_lost = 60;
    quality.jitter = 7ms;
    quality.mean_delay = 41ms;
    quality.round_trip = 83ms;
    const media::ParticipantId who{participant().at("id").to_number<std::uint64_t>()};
    world.focus.handle(media::LegReport{room, who, quality}, world.now);
    const auto shown = participant().at("quality").as_object();
    CHECK(shown.at("lost").to_number<int>() == 60);
    CHECK(shown.at("jitter_ms").to_number<double>() == doctest::Approx(7));
    CHECK(shown.at("delay_ms").to_number<double>() == doctest::Approx(41));
    CHECK(shown.at("round_trip_ms").to_number<double>() == doctest::Approx(83));
    const auto mos = shown.at("mos").to_number<double>();
    CHECK(mos == doctest::Approx(*world.focus.find_participant(room, who)->mos).epsilon(0.005));
    CHECK(mos < 4.3);  // of 4.41: two in a hundred were lost
    CHECK(shown.size() == 5);
}
