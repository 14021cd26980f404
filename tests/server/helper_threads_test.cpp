// Jobs divided among a worker and its helpers.
#include "server/helper_threads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

using namespace rotunda;
using namespace rotunda::server;

TEST_CASE("every job is done once, whoever does it, before run() returns") {
    for (const std::size_t helpers : {0, 1, 3}) {
        HelperThreads runner(helpers);
        for (std::size_t round = 0; round < 200; ++round) {
            std::vector<int> done(round % 9);
            std::vector<media::Job> jobs;
            for (int& each : done) jobs.emplace_back([&each] { ++each; });
            runner.run(jobs);
            REQUIRE(std::accumulate(done.begin(), done.end(), 0) == static_cast<int>(done.size()));
            REQUIRE(std::all_of(done.begin(), done.end(), [](int times) { return times == 1; }));
        }
    }
}

TEST_CASE("helpers work beside the caller: two jobs that wait for one another both end") {
    HelperThreads runner(1);
    std::atomic<int> met = 0;
    const auto meet = [&met] {
        ++met;
        while (met < 2) std::this_thread::yield();
    };
    const std::vector<media::Job> jobs = {meet, meet};
    runner.run(jobs);
    CHECK(met == 2);
}
