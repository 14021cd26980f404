// What the log says of the media workers' priority is what the kernel gave them.
#include "server/thread_priority.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "server/media_worker.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

// The threads of this process that bear the name.
std::vector<int> threads_named(const std::string& wanted) {
    std::vector<int> found;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "comm");
        std::string name;
        if (std::getline(file, name) && name == wanted)
            found.push_back(std::stoi(task.path().filename().string()));
    }
    return found;
}

std::map<std::string, std::string> fields_of(const LogRecord& record) {
    std::map<std::string, std::string> fields;
    for (const auto& [name, value] : record.fields) fields.emplace(name, value);
    return fields;
}

}  // namespace

TEST_CASE("a media worker runs at the priority that it says it was granted") {
    SystemClock clock;
    const MediaWorker worker(clock, nullptr, [](auto) {});
    const ThreadPriority granted = worker.priority();
    const auto threads = threads_named("media");
    REQUIRE(threads.size() == 1);
    sched_param parameters{};
    REQUIRE(sched_getparam(threads[0], &parameters) == 0);
    CHECK(parameters.sched_priority == granted.real_time);
    CHECK(sched_getscheduler(threads[0]) == (granted.real_time > 0 ? SCHED_RR : SCHED_OTHER));
    CHECK((granted.refusal == 0) == (granted.real_time > 0));
    if (granted.real_time == 0)
        CHECK(getpriority(PRIO_PROCESS, static_cast<id_t>(threads[0])) == granted.nice);
}

TEST_CASE("the log's line says what was granted, or why not") {
    const LogRecord granted = priority_record({10, 0, 0});
    CHECK(granted.event == "media.priority");
    CHECK(fields_of(granted) ==
          std::map<std::string, std::string>{{"policy", "SCHED_RR"}, {"priority", "10"}});
    const LogRecord refused = priority_record({0, -15, EPERM});
    CHECK(refused.event == "media.priority");
    CHECK(fields_of(refused) == std::map<std::string, std::string>{{"policy", "SCHED_OTHER"},
                                                                   {"nice", "-15"},
                                                                   {"why", "Operation not permitted"}});
}
