// docs/openapi.json describes exactly what is served.
#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "api/operator_api.hpp"
#include "base/text.hpp"
#include "signaling/user_agent.hpp"
#include "tests/api/still_host.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::api;
namespace json_ = boost::json;

namespace {

struct NoPorts final : media::MediaPortPool {
    Result<media::MediaPorts> reserve(const IpAddress&, media::MediaTraffic) override {
        return fail_with("no ports here");
    }
};
struct NoRoutes final : rooms::RouteFinder {
    std::optional<sip::Flow> find(const sip::Uri&) override { return std::nullopt; }
    bool is_self(const sip::Uri&) override { return false; }
};
struct NoLog final : LogSink {
    void write(const LogRecord&) override {}
};

// "GET /v1/rooms/{room} read"
using Operations = std::set<std::string>;

std::string_view scope_name(Scope scope) {
    return scope == Scope::open ? "open" : scope == Scope::read ? "read" : "control";
}

Operations served() {
    SeededRandom random(1);
    sip::UserAgent agent({}, random);
    NoPorts ports;
    NoRoutes routes;
    NoLog log;
    rooms::Focus focus({}, agent, ports, routes, random, log);
    StillHost host;
    Records records;
    const OperatorApi api(host, focus, records, {{}, true});
    Operations out;
    for (const Route& route : api.router().routes())
        out.insert(std::string(route.method) + " " + std::string(route.pattern) + " " +
                   std::string(scope_name(route.scope)));
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return out;
}

Operations described() {
    std::ifstream file(test_data("../../docs/openapi.json"));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const json_::value document = json_::parse(text);
    Operations out;
    for (const auto& [path, methods] : document.at("paths").as_object()) {
        for (const auto& [method, operation] : methods.as_object()) {
            const json_::array& security = operation.at("security").as_array();
            const std::string scope =
                security.empty() ? "open" : std::string(security[0].as_object().begin()->key());
            out.insert(upper(std::string(method)) + " " + std::string(path) + " " + scope);
        }
    }
    return out;
}

}  // namespace

TEST_CASE("every operation that is served is described with its scope, and none that is not") {
    CHECK(served() == described());
}
