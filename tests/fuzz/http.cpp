// Anybody's octets at the HTTP port, whole and cut in two: the requests are the same, each within its bounds,
// and after an error nothing more comes.
#include <string>
#include <vector>

#include "api/http_reader.hpp"
#include "api/request_query.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::api;
using rotunda::fuzz::require;

namespace {

struct Seen {
    std::vector<std::string> requests;
    int error = 0;
    bool unfinished = false;  // more of a request is waited for
};

void read_all(HttpReader& reader, Seen& seen) {
    for (auto next = reader.next(); next; next = reader.next()) {
        require(seen.error == 0, "nothing comes after an error");
        if (!next->ok()) {
            seen.error = next->error();
            require(seen.error >= 400 && seen.error < 600, "an error is a status");
            continue;
        }
        const HttpRequest& request = **next;
        require(request.body.size() <= HttpLimits{}.body, "a body is bounded");
        RequestQuery query(request);
        const auto number = query.number("after", 1000);
        require(!number || *number <= 1000, "a number in a query is bounded");
        seen.requests.push_back(request.method + ' ' + request.path + '?' + request.query + ' ' +
                                request.body);
    }
}

Seen read(std::string_view bytes, std::size_t cut) {
    HttpReader reader;
    Seen seen;
    for (const std::string_view part : {bytes.substr(0, cut), bytes.substr(cut)}) {
        if (seen.error != 0 || !reader.feed(part)) break;
        read_all(reader, seen);
    }
    seen.unfinished = reader.mid_request();
    return seen;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4096));
    const Seen whole = read(bytes, bytes.size());
    const Seen halves = read(bytes, bytes.size() / 2);
    require(halves.requests == whole.requests, "where it is cut does not matter");
    // Octets that are wrong inside a header are refused at once, or waited with until the header ends.
    require(halves.error == whole.error || (halves.error == 0 ? halves : whole).unfinished,
            "what is refused in one piece is not accepted in two");
    return 0;
}
