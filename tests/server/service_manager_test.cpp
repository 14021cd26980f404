#include "server/service_manager.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "server/file_descriptor.hpp"
#include "tests/server/loop_fixture.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

// The socket systemd would listen on.
struct Manager : LoopFixture {
    Manager()
        : name("@rotunda-test-" + std::to_string(getpid())),
          fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::copy(name.begin() + 1, name.end(), address.sun_path + 1);
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~Manager() {
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_USEC");
    }
    std::vector<std::string> told() {
        std::vector<std::string> all;
        char buffer[100];
        for (ssize_t n = recv(fd.get(), buffer, sizeof buffer, 0); n > 0;
             n = recv(fd.get(), buffer, sizeof buffer, 0))
            all.emplace_back(buffer, static_cast<std::size_t>(n));
        return all;
    }
    std::string name;
    FileDescriptor fd;
};

}  // namespace

TEST_CASE("the service manager learns that the server is ready and when it stops") {
    Manager manager;
    ServiceManager service(manager.loop, manager.clock);
    CHECK(manager.told().empty());
    service.ready();
    service.stopping();
    CHECK(manager.told() == std::vector<std::string>{"READY=1", "STOPPING=1"});
}

TEST_CASE("the watchdog is told twice in its interval that the loop turns") {
    Manager manager;
    setenv("WATCHDOG_USEC", "20000", 1);
    ServiceManager service(manager.loop, manager.clock);
    service.ready();
    std::vector<std::string> told;
    CHECK(manager.run_until([&] {
        for (const std::string& each : manager.told()) told.push_back(each);
        return told.size() >= 5;
    }));
    CHECK(told.front() == "READY=1");
    CHECK(std::count(told.begin(), told.end(), "WATCHDOG=1") >= 4);
}

TEST_CASE("without a service manager nothing is sent") {
    LoopFixture fixture;
    unsetenv("NOTIFY_SOCKET");
    ServiceManager service(fixture.loop, fixture.clock);
    service.ready();
    service.stopping();
}
