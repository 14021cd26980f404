// Any octets as a datagram that the flood guard looks at before the parser does.
#include "signaling/request_sketch.hpp"

#include "signaling/parser.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

void lies_in(std::string_view part, std::string_view whole) {
    require(part.empty() ||
                (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()),
            "what is sketched stands in the message");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::as_text(data, size);
    const auto sketch = sketch_of(input);
    const ParsedMessage parsed = parse_message(input);
    const bool is_request = parsed.ok() && parsed.message.is_request();
    require(sketch || !is_request, "no request passes the guard unseen");
    if (!sketch) return 0;
    for (const std::string_view part :
         {sketch->method, sketch->user_agent, sketch->to_tag, sketch->authorization})
        lies_in(part, input);
    require(sketch->bytes == size, "all of it is counted");
    if (!is_request) return 0;
    require(sketch->method == parsed.message.method().name(), "guard and parser see the same method");
    require(sketch->to_tag.empty() || sketch->to_tag == parsed.message.to_tag(), "a tag is one");
    return 0;
}
