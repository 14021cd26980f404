// The video line: which payload type, which limits, and that it leaves the audio line alone.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sdp/crypto.hpp"
#include "sdp/h264_parameters.hpp"
#include "sdp/video_formats.hpp"
#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

const std::string audio_line = "m=audio 4000 RTP/AVP 0\r\n";

Capabilities with_video(std::vector<VideoCodec> codecs = {VideoCodec::h264, VideoCodec::vp8}) {
    Capabilities out = default_capabilities();
    out.video.codecs = std::move(codecs);
    return out;
}

LocalMedia local_video(std::uint16_t port = 20002) {
    LocalMedia local = local_media();
    local.video_port = port;
    return local;
}

struct Call {
    explicit Call(const Capabilities& capabilities = with_video()) : session(make_session(capabilities)) {}

    // Our answer to an offer of audio and these lines.
    SessionDescription answer(const std::string& lines, const LocalMedia& local = local_video()) {
        auto text = session.answer(offer_of(audio_line + lines), local);
        REQUIRE(text.ok());
        return parsed(*text);
    }
    const NegotiatedMedia& video() const {
        REQUIRE(session.video());
        return *session.video();
    }

    OfferAnswer session;
};

std::string h264(int payload_type, const std::string& parameters) {
    const std::string number = std::to_string(payload_type);
    return "a=rtpmap:" + number + " H264/90000\r\n" +
           (parameters.empty() ? "" : "a=fmtp:" + number + " " + parameters + "\r\n");
}
std::string fmtp_of(const Media& line, int payload_type) {
    return format_parameters(line, static_cast<std::uint8_t>(payload_type)).text();
}

}  // namespace

TEST_CASE("without the capability, or without a port, video is refused in its place") {
    const std::string video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
    Call off(default_capabilities());
    Call closed;
    for (const SessionDescription& answer : {off.answer(video), closed.answer(video, local_media())}) {
        REQUIRE(answer.media.size() == 2);
        CHECK(answer.media[1].port == 0);
        CHECK(answer.media[1].formats == std::vector<std::string>{"96"});
    }
    CHECK(!off.session.video());
    CHECK(parsed(off.session.create_offer(local_video())).media[1].port == 0);
}

TEST_CASE(
    "of several H.264 payload types mode 1 comes before mode 0, then constrained baseline before high") {
    const std::string all = h264(97, "profile-level-id=42801E;packetization-mode=0") +
                            h264(98, "profile-level-id=64001F;packetization-mode=1") +
                            h264(99, "profile-level-id=42E01F;packetization-mode=1") +
                            h264(100, "profile-level-id=64001F");
    const std::pair<const char*, int> choices[] = {
        {"97 98 99 100", 99}, {"97 98 100", 98}, {"100 97", 97}, {"100", 100}};
    for (const auto& [formats, chosen] : choices) {
        CAPTURE(formats);
        Call call;
        const auto answer = call.answer("m=video 4002 RTP/AVP " + std::string(formats) + "\r\n" + all);
        CHECK(answer.media[1].formats == std::vector<std::string>{std::to_string(chosen)});
        CHECK(call.video().send_payload_type == chosen);
        CHECK(call.video().video.send.packetization_mode == (chosen == 98 || chosen == 99 ? 1 : 0));
        CHECK(call.video().video.send.profile ==
              (chosen == 98 || chosen == 100 ? H264Profile::high : H264Profile::constrained_baseline));
    }
}

TEST_CASE("no packetization-mode means 0, no profile-level-id means baseline at level 1") {
    Call call;
    const auto answer = call.answer("m=video 4002 RTP/AVP 97\r\n" + h264(97, ""));
    CHECK(fmtp_of(answer.media[1], 97).starts_with("profile-level-id=42000a;packetization-mode=0"));
    CHECK(call.video().video.send.packetization_mode == 0);
    CHECK(call.video().video.limits.frame_macroblocks == 99);
    CHECK(call.video().video.limits.bit_rate == 64'000);
}

TEST_CASE(
    "an answer keeps profile and mode; its level is ours with asymmetry, else never above the offer's") {
    const std::string line = "m=video 4002 RTP/AVP 97\r\n";
    {
        Call call;
        const auto answer = call.answer(
            line + h264(97, "profile-level-id=42801E;packetization-mode=1;level-asymmetry-allowed=1"));
        CHECK(fmtp_of(answer.media[1], 97) ==
              "profile-level-id=428028;packetization-mode=1;level-asymmetry-allowed=1");
        CHECK(call.video().video.limits.frame_macroblocks == 1620);
    }
    {
        Call call;
        const auto answer = call.answer(line + h264(97, "profile-level-id=42801E;packetization-mode=1"));
        CHECK(fmtp_of(answer.media[1], 97) ==
              "profile-level-id=42801e;packetization-mode=1;max-fs=8160;max-mbps=244800");
        CHECK(call.video().video.limits.frame_macroblocks == 1620);
    }
    {
        Call call;
        const auto answer = call.answer(line + h264(97, "profile-level-id=640033;packetization-mode=1"));
        CHECK(fmtp_of(answer.media[1], 97) == "profile-level-id=640028;packetization-mode=1");
        CHECK(call.video().video.limits.frame_macroblocks == 8192);
    }
}

TEST_CASE("max-fs, max-mbps and max-br raise what the level allows, b= bounds it") {
    Call call;
    call.answer(
        "m=video 4002 RTP/AVP 97\r\nb=TIAS:900000\r\nb=AS:1000\r\n" +
        h264(97, "profile-level-id=42E00D;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=1500"));
    const VideoLimits& limits = call.video().video.limits;
    CHECK(limits.frame_macroblocks == 3600);
    CHECK(limits.macroblocks_per_second == 108'000);
    CHECK(limits.bit_rate == 900'000);
    Call slow;
    slow.answer("m=video 4002 RTP/AVP 97\r\nb=AS:100\r\n" + h264(97, "profile-level-id=42E00D"));
    CHECK(slow.video().video.limits.bit_rate == 96'000);
    Call session;
    const auto offer =
        parsed("v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nb=AS:512\r\nt=0 0\r\n" +
               audio_line + "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n");
    REQUIRE(session.session.answer(offer, local_video()).ok());
    CHECK(session.video().video.limits.bit_rate == 491'520);
}

TEST_CASE("level 1b is told from level 1.1") {
    const auto limits = [](const char* id) {
        return H264Parameters::parse(FormatParameters::parse("profile-level-id=" + std::string(id)))
            ->limits();
    };
    CHECK(limits("42F00B").frame_macroblocks == 99);
    CHECK(limits("42F00B").kbits_per_second == 128);
    CHECK(limits("42E00B").frame_macroblocks == 396);
    CHECK(limits("640009").kbits_per_second == 128);
    CHECK(limits("42E000").frame_macroblocks == 99);
    CHECK(limits("42E0FF").frame_macroblocks == 36'864);
    const auto back = H264Parameters::parse(FormatParameters::parse("profile-level-id=42F00B"));
    CHECK(back->write().get("profile-level-id") == "42f00b");
}

TEST_CASE("parameters no one can keep are refused, mad ones held") {
    const auto parse = [](const char* text) { return H264Parameters::parse(FormatParameters::parse(text)); };
    for (const char* bad : {"profile-level-id=42", "profile-level-id=42E01G", "profile-level-id=42E01F0",
                            "profile-level-id=58E01F", "profile-level-id=6E001F", "packetization-mode=2",
                            "packetization-mode=-1;profile-level-id=F4001F"})
        CHECK(!parse(bad));
    const auto mad = parse("profile-level-id=42E01F;max-fs=4294967295;max-mbps=4294967295;max-br=4294967295");
    REQUIRE(mad);
    CHECK(mad->max_fs == 139'264);
    CHECK(mad->limits().kbits_per_second == 800'000);
    CHECK(parse(("sprop-parameter-sets=" + std::string(5000, 'A')).c_str())->parameter_sets.empty());
}

TEST_CASE("VP8's max-fr and max-fs are honoured and ours are told") {
    Call call;
    const auto answer = call.answer(
        "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=fmtp:96 max-fr=15; max-fs=1200\r\n");
    CHECK(call.video().video.limits.frames_per_second == 15);
    CHECK(call.video().video.limits.frame_macroblocks == 1200);
    CHECK(fmtp_of(answer.media[1], 96) == "max-fr=30;max-fs=8160");
}

TEST_CASE("an answer names both codecs in the offerer's order, and the first is sent") {
    const std::string maps = h264(97, "profile-level-id=42E01F;packetization-mode=1") +
                             "a=rtpmap:96 VP8/90000\r\n" + "a=rtpmap:98 H265/90000\r\n";
    for (const auto& [formats, first] :
         {std::pair("98 96 97", VideoCodec::vp8), std::pair("97 98 96", VideoCodec::h264)}) {
        Call call;
        const auto answer = call.answer("m=video 4002 RTP/AVP " + std::string(formats) + "\r\n" + maps);
        CHECK(answer.media[1].formats.size() == 2);
        CHECK(call.video().video.send.codec == first);
        CHECK(call.video().video.receive.size() == 2);
    }
    Call only_vp8(with_video({VideoCodec::vp8}));
    CHECK(only_vp8.answer("m=video 4002 RTP/AVP 97 96\r\n" + maps).media[1].formats ==
          std::vector<std::string>{"96"});
}

TEST_CASE("feedback is honoured on plain RTP/AVP, and answered in the profile that was offered") {
    for (const char* proto : {"RTP/AVP", "RTP/AVPF"}) {
        Call call;
        const auto answer =
            call.answer("m=video 4002 " + std::string(proto) + " 96 97\r\na=rtpmap:96 VP8/90000\r\n" +
                        h264(97, "profile-level-id=42E01F") +
                        "a=rtcp-fb:* nack pli\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:97 nack\r\n"
                        "a=rtcp-fb:* trr-int 1000\r\na=rtcp-fb:* transport-cc\r\n");
        const Media& line = answer.media[1];
        CHECK(line.proto == proto);
        CHECK(says(line, "rtcp-fb", "96 nack pli"));
        CHECK(says(line, "rtcp-fb", "96 ccm fir"));
        CHECK(says(line, "rtcp-fb", "97 nack"));
        CHECK(says(line, "rtcp-fb", "97 nack pli"));
        CHECK(!says(line, "rtcp-fb", "97 ccm fir"));
        for (const Attribute& a : line.attributes)
            if (a.name == "rtcp-fb") CHECK(a.value.find("transport-cc") == a.value.npos);
        REQUIRE(call.video().feedback.size() == 4);
        CHECK(call.video().feedback[0].type == "nack");
    }
}

TEST_CASE("parameter sets of the peer's stream are kept, and not sent back as ours") {
    Call call;
    const auto answer =
        call.answer("m=video 4002 RTP/AVP 97\r\n" +
                    h264(97, "profile-level-id=42E01F;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA=="));
    CHECK(call.video().video.receive[0].parameter_sets == "Z0IACpZTBYmI,aMljiA==");
    CHECK(fmtp_of(answer.media[1], 97).find("sprop") == std::string::npos);
}

TEST_CASE("the direction of video is its own") {
    Call call;
    const auto answer = call.answer("m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\n");
    CHECK(says(answer.media[1], "recvonly"));
    CHECK(call.video().direction == Direction::recvonly);
    CHECK(call.session.audio()->direction == Direction::sendrecv);
}

TEST_CASE("lines keep their order: video in front, two videos, strangers between") {
    Call call;
    const std::string vp8 = "a=rtpmap:96 VP8/90000\r\n";
    const auto offer = offer_of("m=video 4002 RTP/AVP 96\r\n" + vp8 + "m=application 5000 UDP/BFCP *\r\n" +
                                audio_line + "m=video 4004 RTP/AVP 96\r\n" + vp8);
    auto text = call.session.answer(offer, local_video());
    REQUIRE(text.ok());
    const auto answer = parsed(*text);
    REQUIRE(answer.media.size() == 4);
    CHECK(answer.media[0].port == 20002);
    CHECK(answer.media[1].port == 0);
    CHECK(answer.media[2].port == 20000);
    CHECK(answer.media[3].port == 0);
}

TEST_CASE("an offer that changes only audio leaves video as it was, in the answer and in what is agreed") {
    Call call;
    const std::string video = "m=video 4002 RTP/AVP 97\r\n" +
                              h264(97, "profile-level-id=42E01F;packetization-mode=1") +
                              "a=rtcp-fb:* nack pli\r\n";
    const auto before = call.answer(video);
    const NegotiatedMedia agreed = call.video();
    auto text =
        call.session.answer(offer_of("m=audio 4000 RTP/AVP 8 0\r\na=sendonly\r\n" + video), local_video());
    REQUIRE(text.ok());
    const auto after = parsed(*text);
    CHECK(after.media[1] == before.media[1]);
    CHECK(call.video() == agreed);
    CHECK(call.session.audio()->on_hold);
}

TEST_CASE("upgrade, downgrade and upgrade again keep the places, and the same offer gets the same answer") {
    Call call;
    const std::string video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
    const std::string closed = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
    call.answer("");
    for (int round = 0; round < 20; ++round) {
        CHECK(call.answer(video).media[1].port == 20002);
        CHECK(call.session.video());
        CHECK(write(call.answer(video)) == call.session.local_description());
        CHECK(call.answer(closed).media[1].port == 0);
        CHECK(!call.session.video());
        CHECK(call.session.audio());
    }
}

TEST_CASE("our offer names what we can do, and is answered by what they can") {
    Call call;
    const auto offer = parsed(call.session.create_offer(local_video()));
    REQUIRE(offer.media.size() == 2);
    const Media& line = offer.media[1];
    CHECK(line.port == 20002);
    CHECK(line.formats == std::vector<std::string>{"102", "103", "104", "96"});
    CHECK(fmtp_of(line, 102) == "profile-level-id=42e028;packetization-mode=1;level-asymmetry-allowed=1");
    CHECK(fmtp_of(line, 103) == "profile-level-id=42e028;packetization-mode=0;level-asymmetry-allowed=1");
    CHECK(fmtp_of(line, 104) == "profile-level-id=640028;packetization-mode=1;level-asymmetry-allowed=1");
    CHECK(says(line, "rtcp-fb", "* nack pli"));
    CHECK(says(line, "sendrecv"));

    const auto answer = offer_of(audio_line + "m=video 4002 RTP/AVP 103\r\n" +
                                 h264(103, "profile-level-id=42E01E;packetization-mode=0"));
    REQUIRE(!call.session.accept_answer(answer));
    CHECK(call.video().video.send.packetization_mode == 0);
    CHECK(call.video().video.limits.frame_macroblocks == 1620);
    CHECK(call.video().video.receive.size() == 1);
}

TEST_CASE("an answer without a=fmtp means what we offered under that number") {
    Call call;
    call.session.create_offer(local_video());
    REQUIRE(!call.session.accept_answer(
        offer_of(audio_line + "m=video 4002 RTP/AVP 102\r\na=rtpmap:102 H264/90000\r\n")));
    CHECK(call.video().video.send.packetization_mode == 1);
    CHECK(call.video().video.limits.frame_macroblocks == 8192);
}

TEST_CASE("video refused in an answer leaves an audio call") {
    Call call;
    call.session.create_offer(local_video());
    REQUIRE(!call.session.accept_answer(offer_of(audio_line + "m=video 0 RTP/AVP 96\r\n")));
    CHECK(!call.session.video());
    CHECK(call.session.audio());
    // Audio refused and video taken is no call for us.
    Call other;
    other.session.create_offer(local_video());
    CHECK(other.session.accept_answer(
        offer_of("m=audio 0 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n")));
}

TEST_CASE("a line that an answer leaves out is a refused one, and the call stands") {
    Call call;
    call.answer("m=application 5000 UDP/BFCP *\r\n", local_media());
    call.session.create_offer(local_video());
    REQUIRE(!call.session.accept_answer(offer_of(audio_line)));
    CHECK(call.session.audio());
    CHECK(!call.session.video());
    CHECK(call.session.media().size() == 3);
    // The one in the middle left out: what is there means the next of its kind.
    call.session.create_offer(local_video());
    REQUIRE(!call.session.accept_answer(
        offer_of(audio_line + "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n")));
    CHECK(!call.session.media()[1].accepted);
    CHECK(call.video().remote_rtp.port == 4002);
    const auto again = parsed(call.session.create_offer(local_video()));
    REQUIRE(again.media.size() == 3);
    CHECK(again.media[1].type == "application");
}

TEST_CASE("a video line is protected by keys of its own, as its profile and the policy want it") {
    const std::string key = "4fl6DT4Bi+DWT6MsBt5BOQ7GdaxJivrrtpYLOqvm";
    const std::string crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n";
    const std::string vp8 = " 96\r\na=rtpmap:96 VP8/90000\r\n";
    Capabilities optional = with_video();
    optional.encryption = MediaEncryption::optional;
    for (const std::string proto : {"RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"}) {
        CAPTURE(proto);
        Call call(optional);
        const std::string line = "m=video 4002 " + proto + vp8;
        const auto answer = call.answer(line + crypto);
        CHECK(answer.media[1].proto == proto);
        REQUIRE(cryptos_of(answer.media[1]).size() == 1);
        CHECK(cryptos_of(answer.media[0]).empty());
        REQUIRE(call.video().srtp);
        CHECK(std::ranges::equal(call.video().srtp->send.both(), cryptos_of(answer.media[1])[0].key.both()));
        // The same again: the same key (interop rule 23).
        CHECK(write(call.answer(line + crypto)) == write(answer));
        Call off;  // whose policy is never SRTP
        CHECK((off.answer(line + crypto).media[1].port == 0) == (proto.find("SAVP") != proto.npos));
    }
    Call without(optional);
    CHECK(without.answer("m=video 4002 RTP/SAVP" + vp8).media[1].port == 0);
    Capabilities required = with_video();
    required.encryption = MediaEncryption::required;
    required.secure_signaling = true;
    Call strict(required);
    const std::string secret_audio = "m=audio 4000 RTP/SAVP 0\r\n" + crypto;
    const auto answer =
        strict.session.answer(offer_of(secret_audio + "m=video 4002 RTP/AVP" + vp8), local_video());
    REQUIRE(answer.ok());
    CHECK(parsed(*answer).media[1].port == 0);
}

TEST_CASE("our offer of video brings keys, and the answer's are taken") {
    Capabilities optional = with_video();
    optional.encryption = MediaEncryption::optional;
    Call call(optional);
    const auto offer = parsed(call.session.create_offer(local_video()));
    CHECK(offer.media[1].proto == "RTP/AVP");
    const auto ours = cryptos_of(offer.media[1]);
    REQUIRE(!ours.empty());
    CHECK(!std::ranges::equal(ours[0].key.both(), cryptos_of(offer.media[0])[0].key.both()));
    const auto common = std::find_if(ours.begin(), ours.end(), [](const CryptoAttribute& crypto) {
        return crypto.key.suite == SrtpSuite::aes_cm_128_hmac_sha1_80;
    });
    REQUIRE(common != ours.end());
    REQUIRE(!call.session.accept_answer(offer_of(
        audio_line +
        "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=crypto:" + std::to_string(common->tag) +
        " AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n")));
    CHECK(call.video().srtp.has_value());
    CHECK(!call.session.audio()->srtp);
}

TEST_CASE("a browser's video line has a handshake, checks and a transport of its own") {
    Capabilities capabilities = with_video();
    capabilities.encryption = MediaEncryption::optional;
    capabilities.ice = true;
    capabilities.dtls.emplace();
    capabilities.dtls->sha256.fill(0x5a);
    const std::string secure =
        "a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:"
        "58:D0:A1:2C:19:08\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
        "a=rtcp-mux\r\n";
    auto session = make_session(capabilities);
    const auto offer = parsed(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" +
        secure + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n" + secure);
    const auto text = session.answer(offer, local_video());
    REQUIRE(text.ok());
    const auto answer = parsed(*text);
    const Media& video = answer.media[1];
    CHECK(video.port == 20002);
    CHECK(find(video.attributes, "fingerprint"));
    CHECK(says(video, "setup", "passive"));
    REQUIRE(find(video.attributes, "ice-ufrag"));
    CHECK(find(video.attributes, "ice-ufrag")->value != find(answer.media[0].attributes, "ice-ufrag")->value);
    CHECK(find(video.attributes, "candidate")->value.find(" 20002 ") != std::string::npos);
    CHECK(find(answer.attributes, "group")->value == "BUNDLE 0");
    REQUIRE(session.video());
    CHECK(session.video()->dtls.has_value());
    CHECK(session.video()->ice.has_value());
}

TEST_CASE("video offered to an audio call goes behind its lines, closed again it keeps its place") {
    Call call;
    call.answer("m=application 5000 UDP/BFCP *\r\n", local_media());
    const auto offer = parsed(call.session.create_offer(local_video()));
    REQUIRE(offer.media.size() == 3);
    CHECK(offer.media[2].type == "video");
    REQUIRE(!call.session.accept_answer(offer_of(audio_line + "m=application 0 UDP/BFCP *\r\n" +
                                                 "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n")));
    CHECK(call.video().video.send.codec == VideoCodec::vp8);
    const auto again = parsed(call.session.create_offer(local_media()));
    REQUIRE(again.media.size() == 3);
    CHECK(again.media[2].port == 0);
}

TEST_CASE("in offers of ours a number keeps the meaning the peer gave it") {
    Call call;
    call.answer("m=video 4002 RTP/AVP 102 96 99\r\na=rtpmap:102 VP8/90000\r\n" +
                h264(96, "profile-level-id=42E01F;packetization-mode=0") + "a=rtpmap:99 H265/90000\r\n");
    const auto offer = parsed(call.session.create_offer(local_video()));
    const Media& line = offer.media[1];
    CHECK(line.formats.front() == "102");  // in use, so in front
    for (const RtpMap& map : rtpmaps(line)) {
        if (map.payload_type == 102) CHECK(map.encoding == "VP8");
        if (map.payload_type == 96)
            CHECK(fmtp_of(line, 96).find("packetization-mode=0") != std::string::npos);
        CHECK(map.payload_type != 99);
    }
    CHECK(line.formats.size() == 4);
}

TEST_CASE("video of the clients we know is answered in their places") {
    for (const auto& [file, send] :
         {std::pair("cisco-offer.sdp", 126), std::pair("linphone-offer.sdp", 96)}) {
        CAPTURE(file);
        OfferAnswer session = make_session(with_video());
        const auto offer = parsed(sdp_file(file));
        auto text = session.answer(offer, local_video());
        REQUIRE(text.ok());
        const auto answer = parsed(*text);
        REQUIRE(answer.media.size() == offer.media.size());
        REQUIRE(session.video());
        CHECK(session.video()->send_payload_type == send);
        for (std::size_t i = 0; i < offer.media.size(); ++i) {
            CHECK(answer.media[i].type == offer.media[i].type);
            CHECK(answer.media[i].proto == offer.media[i].proto);
        }
        CHECK(!session.video()->feedback.empty());
    }
}

TEST_CASE("an OPTIONS answer tells of video where there is any") {
    const IpAddress address = *IpAddress::parse("192.0.2.1");
    CHECK(parsed(describe_capabilities(default_capabilities(), address)).media.size() == 1);
    const auto all = parsed(describe_capabilities(with_video(), address));
    REQUIRE(all.media.size() == 2);
    CHECK(all.media[1].port == 0);
    CHECK(all.media[1].formats.size() == 4);
}
