// Any stream: cut at random it gives the messages it gives in one piece, and nothing beyond the limits is
// kept.
#include "signaling/stream_framer.hpp"

#include <vector>

#include "base/random.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

constexpr FramerLimits small{.head = 1024, .body = 512, .parse = {}};

std::vector<StreamEvent> feed(StreamFramer& framer, std::string_view bytes) {
    std::vector<StreamEvent> events;
    framer.feed(bytes);
    while (auto event = framer.next()) events.push_back(std::move(*event));
    require(framer.buffered() <= small.head + small.body + bytes.size(), "what is kept is bounded");
    return events;
}

std::vector<StreamEvent> feed_pieces(std::string_view stream, RandomSource& random) {
    StreamFramer framer(small);
    std::vector<StreamEvent> events;
    while (!stream.empty()) {
        const std::string_view piece = stream.substr(0, 1 + random.next() % 40);
        stream.remove_prefix(piece.size());
        for (StreamEvent& event : feed(framer, piece)) events.push_back(std::move(event));
    }
    return events;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream = fuzz::as_text(data, size);
    StreamFramer framer(small);
    const auto whole = feed(framer, stream);
    SeededRandom random(size);
    const auto pieces = feed_pieces(stream, random);
    require(pieces.size() == whole.size(), "as many events in pieces as in one");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        require(pieces[i].kind == whole[i].kind, "the same kind of event");
        require(pieces[i].message.reason == whole[i].message.reason, "the same verdict");
        require(pieces[i].message.message == whole[i].message.message, "the same message");
        // A message whose end is known holds exactly the body it announced.
        if (whole[i].kind == StreamEvent::Kind::message)
            require(whole[i].message.reason != ParseReason::content_length,
                    "framer and parser see one length");
    }
    return 0;
}
