// BUNDLE (RFC 9143): video on the transport of the audio, and off it again.
#include "sdp/bundle.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

const std::string secure =
    "a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:"
    "58:D0:A1:2C:19:08\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    "a=rtcp-mux\r\n";
const std::string group = "a=group:BUNDLE 0 1\r\n";
const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" + secure;
const std::string vp8 = " UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n";
const std::string balanced = "m=video 9" + vp8 + secure;
const std::string bundle_only = "m=video 0" + vp8 + "a=bundle-only\r\n";

Capabilities browser_capabilities() {
    Capabilities out = default_capabilities();
    out.video.codecs = {VideoCodec::h264, VideoCodec::vp8};
    out.encryption = MediaEncryption::optional;
    out.ice = true;
    out.dtls.emplace();
    out.dtls->sha256.fill(0x5a);
    return out;
}

// Room on the audio's port, none of its own.
LocalMedia shared_port() {
    LocalMedia local = local_media();
    local.bundle = true;
    return local;
}
LocalMedia own_port(LocalMedia local = local_media()) {
    local.video_port = 20002;
    return local;
}

struct Call {
    explicit Call(const Capabilities& capabilities = browser_capabilities())
        : session(make_session(capabilities)) {}
    SessionDescription answer(const std::string& lines, const LocalMedia& local = shared_port()) {
        const auto text = session.answer(offer_of(lines), local);
        REQUIRE(text.ok());
        return parsed(*text);
    }
    bool is_bundled() const { return session.video() && session.video()->bundled; }

    OfferAnswer session;
};

std::string group_of(const SessionDescription& session) {
    const Attribute* found = find(session.attributes, "group");
    return found ? found->value : std::string();
}

bool has_transport(const Media& line) {
    return find(line.attributes, "ice-ufrag") && find(line.attributes, "candidate") &&
           find(line.attributes, "fingerprint") && find(line.attributes, "setup");
}
bool has_none_of_it(const Media& line) {
    return !find(line.attributes, "ice-ufrag") && !find(line.attributes, "ice-pwd") &&
           !find(line.attributes, "candidate") && !find(line.attributes, "fingerprint") &&
           !find(line.attributes, "setup") && !find(line.attributes, "bundle-only");
}

}  // namespace

TEST_CASE(
    "video in the audio's bundle is answered on its port; the transport stands in the tagged line alone") {
    for (const std::string& video : {balanced, bundle_only}) {
        CAPTURE(video);
        Call call;
        CHECK(call.session.would_bundle(offer_of(group + audio + video)));
        const auto answer = call.answer(group + audio + video);
        CHECK(group_of(answer) == "BUNDLE 0 1");
        CHECK(answer.media[0].port == 20000);
        CHECK(answer.media[1].port == 20000);
        CHECK(has_transport(answer.media[0]));
        CHECK(has_none_of_it(answer.media[1]));
        CHECK(says(answer.media[1], "rtcp-mux"));
        CHECK(says(answer.media[1], "mid", "1"));
        REQUIRE(call.is_bundled());
        CHECK(call.session.audio()->bundled);
        CHECK(call.session.video()->ice == call.session.audio()->ice);
        CHECK(call.session.video()->dtls == call.session.audio()->dtls);
        CHECK(call.session.video()->rtcp_mux);
        CHECK(write(call.answer(group + audio + video)) == write(answer));
    }
}

TEST_CASE("Chromium's own offers get both lines on one port") {
    for (const char* name : {"chromium-offer-av.sdp", "chromium-offer-simulcast.sdp"}) {
        CAPTURE(name);
        Call call;
        const auto text = call.session.answer(parsed(sdp_file(name)), shared_port());
        REQUIRE(text.ok());
        const auto answer = parsed(*text);
        CHECK(group_of(answer) == "BUNDLE 0 1");
        CHECK(answer.media[1].port == 20000);
        CHECK(has_none_of_it(answer.media[1]));
        CHECK(call.is_bundled());
    }
}

TEST_CASE(
    "without room for it on the audio's port, a bundled line gets its own, and a bundle-only one nothing") {
    Call call;
    const auto apart = call.answer(group + audio + balanced, own_port());
    CHECK(group_of(apart) == "BUNDLE 0");
    CHECK(apart.media[1].port == 20002);
    CHECK(has_transport(apart.media[1]));
    CHECK_FALSE(call.is_bundled());
    const auto refused = call.answer(group + audio + bundle_only, own_port());
    CHECK(group_of(refused) == "BUNDLE 0");
    CHECK(refused.media[1].port == 0);
    CHECK_FALSE(call.session.video());
}

TEST_CASE("a room without video answers the audio of a bundle alone") {
    Capabilities capabilities = browser_capabilities();
    capabilities.video.codecs.clear();
    Call call(capabilities);
    const auto answer = call.answer(group + audio + bundle_only);
    CHECK(group_of(answer) == "BUNDLE 0");
    CHECK(has_transport(answer.media[0]));
    CHECK(answer.media[1].port == 0);
    CHECK(says(answer.media[1], "mid", "1"));
}

TEST_CASE(
    "audio that is bundle-only behind the video is open, with the video's transport in the video's line") {
    const std::string lines =
        "a=group:BUNDLE v a\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\n"
        "a=rtpmap:96 VP8/90000\r\n" +
        secure + "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\na=bundle-only\r\n";
    Call call;
    const auto answer = call.answer(lines);
    CHECK(group_of(answer) == "BUNDLE v a");
    CHECK(answer.media[0].port == 20000);
    CHECK(answer.media[1].port == 20000);
    CHECK(has_transport(answer.media[0]));
    CHECK(has_none_of_it(answer.media[1]));
    REQUIRE(call.is_bundled());
    CHECK(call.session.audio()->ice->theirs.ufrag == "abcd");

    SUBCASE("and where the video is refused, the audio is the tagged line itself") {
        Capabilities capabilities = browser_capabilities();
        capabilities.video.codecs.clear();
        Call silent(capabilities);
        const auto alone = silent.answer(lines);
        CHECK(alone.media[0].port == 0);
        CHECK(group_of(alone) == "BUNDLE a");
        CHECK(has_transport(alone.media[1]));
        CHECK(silent.session.audio()->ice->theirs.ufrag == "abcd");
    }
}

TEST_CASE("of two transports in an initial offer the tagged line's is the one, whichever medium it is") {
    std::string others = secure;
    others.replace(others.find("abcd"), 4, "wxyz");
    others.replace(others.find("6B:8B"), 5, "00:01");
    const std::string sound = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n";
    const std::string picture = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\n";
    for (const bool video_first : {false, true}) {
        CAPTURE(video_first);
        Call call;
        const std::string mids = video_first ? "v a" : "a v";
        const auto answer =
            call.answer("a=group:BUNDLE " + mids + "\r\n" + sound + secure + picture + others);
        CHECK(group_of(answer) == "BUNDLE " + mids);
        CHECK(has_transport(answer.media[video_first ? 1 : 0]));
        CHECK(has_none_of_it(answer.media[video_first ? 0 : 1]));
        REQUIRE(call.is_bundled());
        const NegotiatedMedia& agreed = *call.session.audio();
        CHECK(agreed.ice->theirs.ufrag == (video_first ? "wxyz" : "abcd"));
        CHECK(agreed.dtls->fingerprint.sha256[0] == (video_first ? 0x00 : 0x6b));
        CHECK(call.session.video()->ice == agreed.ice);
        CHECK(call.session.video()->dtls == agreed.dtls);
    }
}

TEST_CASE("video added in mid-call joins the bundle, held it stays, taken out it gets a port of its own") {
    Call call;
    CHECK_FALSE(call.session.would_bundle(offer_of("a=group:BUNDLE 0\r\n" + audio)));
    const auto first = call.answer("a=group:BUNDLE 0\r\n" + audio);
    CHECK(group_of(first) == "BUNDLE 0");
    const auto ours = call.session.audio()->ice->ours;
    const auto added = call.answer(group + audio + bundle_only);
    CHECK(added.media[1].port == 20000);
    CHECK(call.is_bundled());
    CHECK(call.session.audio()->ice->ours == ours);  // no new checks for it

    const auto held = call.answer(group + audio + "a=inactive\r\n" + balanced);
    CHECK(group_of(held) == "BUNDLE 0 1");
    CHECK(call.is_bundled());
    CHECK(call.session.audio()->direction == Direction::inactive);
    CHECK(call.session.video()->direction == Direction::sendrecv);

    const std::string alone = "a=group:BUNDLE 0\r\n" + audio + balanced;
    CHECK_FALSE(call.session.would_bundle(offer_of(alone)));
    const auto out = call.answer(alone, own_port(shared_port()));
    CHECK(group_of(out) == "BUNDLE 0");
    CHECK(out.media[1].port == 20002);
    CHECK(has_transport(out.media[1]));
    CHECK_FALSE(call.is_bundled());
    CHECK(call.session.video()->ice->ours != ours);

    const auto closed = call.answer("a=group:BUNDLE 0\r\n" + audio + "m=video 0" + vp8);
    CHECK(closed.media[1].port == 0);
    CHECK_FALSE(call.session.video());
}

TEST_CASE("later offers name the transport in the tagged line alone") {
    Call call;
    call.answer(group + audio + bundle_only);
    const auto answer = call.answer(group + audio + "m=video 9" + vp8);
    CHECK(answer.media[1].port == 20000);
    CHECK(call.is_bundled());
}

TEST_CASE("no shared transport where a payload type would not tell the lines apart, or look like RTCP") {
    const auto bundles = [](const std::string& video) {
        Call call;
        return call.session.would_bundle(offer_of(group + audio + video));
    };
    CHECK(bundles("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n" + secure));
    CHECK_FALSE(bundles("m=video 9 UDP/TLS/RTP/SAVPF 96 0\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n" + secure));
    CHECK_FALSE(bundles("m=video 9 UDP/TLS/RTP/SAVPF 72\r\na=mid:1\r\na=rtpmap:72 VP8/90000\r\n" + secure));
    CHECK_FALSE(bundles("m=video 9 UDP/TLS/RTP/SAVP 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n" + secure));
}

TEST_CASE("to a browser video is offered in the audio's bundle, and again where it stands") {
    Capabilities capabilities = browser_capabilities();
    capabilities.browser = true;
    Call call(capabilities);
    const LocalMedia local = own_port(shared_port());
    const auto offer = parsed(call.session.create_offer(local));
    CHECK(group_of(offer) == "BUNDLE audio video");
    CHECK(offer.media[1].port == 0);
    CHECK(says(offer.media[1], "bundle-only"));
    CHECK_FALSE(find(offer.media[1].attributes, "ice-ufrag"));
    const std::string answer_audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:audio\r\n" + secure;
    const std::string answer_video =
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:video\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";

    SUBCASE("accepted in the bundle") {
        CHECK_FALSE(call.session.accept_answer(
            offer_of("a=group:BUNDLE audio video\r\n" + answer_audio + answer_video)));
        REQUIRE(call.is_bundled());
        CHECK(call.session.video()->ice == call.session.audio()->ice);
        const auto again = parsed(call.session.create_offer(shared_port()));
        CHECK(group_of(again) == "BUNDLE audio video");
        CHECK(again.media[1].port == 20000);
        CHECK(has_none_of_it(again.media[1]));
        CHECK(has_transport(again.media[0]));
    }
    SUBCASE("what an answer takes out of the bundle is refused") {
        CHECK_FALSE(call.session.accept_answer(
            offer_of("a=group:BUNDLE audio\r\n" + answer_audio + answer_video + secure)));
        CHECK(call.session.audio()->bundled);
        CHECK_FALSE(call.session.video());
    }
}

TEST_CASE("video is offered into the bundle that an audio call stands in") {
    Call call;
    call.answer("a=group:BUNDLE 0\r\n" + audio);
    const auto offer = parsed(call.session.create_offer(own_port(shared_port())));
    CHECK(group_of(offer) == "BUNDLE 0 video");
    CHECK(offer.media[1].port == 20000);
    CHECK(has_none_of_it(offer.media[1]));
}

TEST_CASE("video that stands apart is offered where it stands, though the audio is in a bundle") {
    Call call;
    call.answer("a=group:BUNDLE 0\r\n" + audio + balanced, own_port(shared_port()));
    REQUIRE(call.session.video());
    REQUIRE_FALSE(call.is_bundled());
    const auto ours = call.session.video()->ice->ours;
    const auto offer = parsed(call.session.create_offer(own_port(shared_port())));
    CHECK(group_of(offer) == "BUNDLE 0");
    CHECK(offer.media[1].port == 20002);
    CHECK(has_transport(offer.media[1]));
    CHECK(says(offer.media[1], "ice-ufrag", ours.ufrag));
}

TEST_CASE("an answer whose audio has no ICE leaves nothing for video to share") {
    Capabilities capabilities = browser_capabilities();
    capabilities.browser = true;
    Call call(capabilities);
    call.session.create_offer(own_port(shared_port()));
    std::string plain = secure;
    plain.erase(plain.find("a=ice-ufrag"), plain.find("a=rtcp-mux") - plain.find("a=ice-ufrag"));
    CHECK_FALSE(call.session.accept_answer(offer_of(
        "a=group:BUNDLE audio video\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:audio\r\n" + plain +
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:video\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n")));
    CHECK(call.session.audio());
    CHECK_FALSE(call.session.video());
}

TEST_CASE("bundle-only on a line that is in no group is not heeded") {
    Call call;
    const auto answer = call.answer(audio + balanced + "a=bundle-only\r\n", own_port(shared_port()));
    CHECK(answer.media[1].port == 20002);
    CHECK(has_transport(answer.media[1]));
    CHECK(call.session.video());
    // With port 0 it is a closed line like any other.
    CHECK(call.answer(audio + bundle_only, own_port(shared_port())).media[1].port == 0);
}

TEST_CASE("who knows no BUNDLE is offered video on a port of its own") {
    Call call;
    call.answer(audio);
    const auto offer = parsed(call.session.create_offer(own_port(shared_port())));
    CHECK(offer.media[1].port == 20002);
    CHECK_FALSE(find(offer.media[1].attributes, "bundle-only"));
}
