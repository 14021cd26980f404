// Any text as a URI, alone and compared with another: one to a line.
#include "signaling/uri.hpp"

#include "base/text.hpp"
#include "signaling/grammar.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

std::optional<Uri> read(std::string_view text) {
    auto uri = Uri::parse(text);
    if (!uri) return std::nullopt;
    require(uri->valid(), "what was read is whole");
    require(Uri::parse(uri->to_string()) == uri, "what is written reads back");
    require(equivalent(*uri, *uri), "a URI is equivalent to itself");
    for (std::string_view name : {"Replaces", "method", "a"}) (void)uri->header(name);

    Uri called = *uri;
    if (called.is_sip()) {
        called.set_user(uri->user());
        require(called.user() == uri->user(), "a user's name survives escaping");
        const auto again = Uri::parse(called.to_string());
        require(!again || again->user() == called.user(), "also when written");
    }
    return uri;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Split lines = split_once(fuzz::as_text(data, size), '\n');
    const auto a = read(lines.head), b = read(lines.tail.value_or(std::string_view{}));
    if (a && b) require(equivalent(*a, *b) == equivalent(*b, *a), "it does not matter who is compared");
    if (const auto sent_by = parse_host_port(lines.head))
        require(is_host(sent_by->host), "sent-by is a host");
    return 0;
}
