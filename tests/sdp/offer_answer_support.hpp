// Short ways to say offers and to ask for answers.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "sdp/offer_answer.hpp"
#include "tests/test_data.hpp"

namespace rotunda::sdp::test {

inline SessionDescription parsed(std::string_view text) {
    const auto result = parse(text);
    REQUIRE_MESSAGE(result.ok(), std::string(text));
    return *result;
}

// A description whose session part is ordinary; `lines` are m-lines and what belongs to them.
inline std::string offer_text(std::string_view lines) {
    return "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n" + std::string(lines);
}
inline SessionDescription offer_of(std::string_view lines) {
    return parsed(offer_text(lines));
}

inline LocalMedia local_media(std::uint16_t port = 20000) {
    LocalMedia local;
    local.address = *IpAddress::parse("192.0.2.1");
    local.audio_port = port;
    return local;
}

inline OfferAnswer make_session(const Capabilities& capabilities = default_capabilities(),
                                std::uint64_t seed = 1) {
    static std::deque<SeededRandom> sources;  // outlive the sessions
    return OfferAnswer(capabilities, sources.emplace_back(seed));
}

inline Capabilities only(std::initializer_list<AudioCodec> codecs) {
    Capabilities out = default_capabilities();
    out.audio.clear();
    for (AudioCodec codec : codecs) {
        AudioSettings settings;
        settings.codec = codec;
        out.audio.push_back(settings);
    }
    return out;
}

inline std::string answer_text(OfferAnswer& session, const SessionDescription& offer) {
    auto answer = session.answer(offer, local_media());
    REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().text));
    return *answer;
}
inline SessionDescription answer_to(OfferAnswer& session, std::string_view lines) {
    return parsed(answer_text(session, offer_of(lines)));
}

inline bool says(const Media& media, std::string_view name, std::string_view value = {}) {
    for (const Attribute& a : media.attributes)
        if (a.name == name && a.value == value) return true;
    return false;
}

inline std::string sdp_file(const std::string& name) {
    std::ifstream file(rotunda::test_data("sdp/" + std::string(name)), std::ios::binary);
    REQUIRE_MESSAGE(file.good(), name);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace rotunda::sdp::test
