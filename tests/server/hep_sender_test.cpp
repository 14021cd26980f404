#include "server/hep_sender.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <string>
#include <vector>

using namespace rotunda;
using namespace rotunda::server;

namespace {

struct Kept : LogSink {
    void write(const LogRecord& record) override { events.emplace_back(record.event); }
    std::vector<std::string> events;
};

// Nobody gets a descriptor meanwhile.
struct NoDescriptors {
    NoDescriptors() {
        getrlimit(RLIMIT_NOFILE, &before);
        const rlimit none{0, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before); }
    rlimit before{};
};

}  // namespace

TEST_CASE("that no socket could be opened for the capture server is said, and what does not go is counted") {
    Kept log;
    const auto collector = Endpoint::parse("127.0.0.1:9060");
    {
        const NoDescriptors none;
        HepSender sender(collector, log);
        CHECK(sender.is_on());
        sender.send("datagram");
        CHECK(sender.lost() == 1);
    }
    CHECK(log.events == std::vector<std::string>{"hep.not_sent"});
    HepSender fine(collector, log);
    fine.send("datagram");
    CHECK(fine.lost() == 0);
    CHECK(!HepSender(std::nullopt, log).is_on());
    CHECK(log.events.size() == 1);
}
