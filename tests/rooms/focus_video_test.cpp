// Video in calls: it comes with the call or in its middle, and goes, and the sound does not notice.
#include "signaling/info_body.hpp"
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

FocusSettings with_video() {
    FocusSettings settings = World::default_settings();
    settings.rooms.max_participants = 10;
    settings.media.video.codecs = {VideoCodec::h264, VideoCodec::vp8};
    settings.video.enabled = true;
    settings.video.workers = 2;
    return settings;
}

std::string offer(int version, std::string_view video = {}) {
    return fmt::format(
        "v=0\r\no=- 1 {} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n{}",
        version, video);
}

constexpr std::string_view h264_line =
    "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    "a=fmtp:99 profile-level-id=42e01f;packetization-mode=1\r\na=rtcp-fb:* nack pli\r\n";
constexpr std::string_view vp8_line = "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n";
constexpr std::string_view closed_line = "m=video 0 RTP/AVP 99\r\n";

// Where in the newest description with a body the m-lines are, as "audio 20002".
std::vector<std::string> lines_of(const World& world) {
    std::vector<std::string> lines;
    const std::string body = std::string(world.sent.back().body());
    for (std::size_t at = body.find("m="); at != body.npos; at = body.find("\nm=", at)) {
        if (body[at] == '\n') ++at;
        lines.push_back(body.substr(at + 2, body.find(" RTP", at) - at - 2));
        ++at;
    }
    return lines;
}

}  // namespace

TEST_CASE("a call with video joins both workers before the answer leaves, on ports of their own") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, h264_line));
    REQUIRE(world.last_status() == 200);
    CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 20004"});
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    const JoinVideo& join = *world.all_video<JoinVideo>()[0];
    CHECK(join.ports.rtp != nullptr);
    CHECK(join.video.codec == VideoCodec::h264);
    CHECK(join.video.mode == rtp::PacketizationMode::non_interleaved);
    CHECK(join.video.payload_type == 99);
    CHECK(join.video.bounds.frame_macroblocks == 3600);  // level 3.1
    CHECK(join.video.feedback.pli);
    CHECK(!join.video.feedback.fir);
    CHECK(join.video.remote_rtp == *Endpoint::parse("192.0.2.9:5000"));
    CHECK(join.cname == world.all<JoinRoom>()[0]->cname);
    REQUIRE(world.all<WatchSpeaker>().size() == 1);
    REQUIRE(world.all_video<SetPeople>().size() == 1);
    CHECK(world.all_video<SetPeople>()[0]->people.size() == 1);
}

TEST_CASE("all that is agreed of a video line reaches the worker: mode 0, limits, feedback, parameter sets") {
    World world(with_video());
    world.request("INVITE", 1, 1,
                  offer(1,
                        "m=video 5000 RTP/AVPF 99\r\nb=TIAS:512000\r\na=rtpmap:99 H264/90000\r\n"
                        "a=fmtp:99 profile-level-id=42e01f;max-fs=1620;max-mbps=40500;"
                        "sprop-parameter-sets=Z0LADasgKDPz4CIAAAMAAgAAAwBhHihUkA==,aM48gA==\r\n"
                        "a=framerate:15\r\na=rtcp-fb:99 nack\r\na=rtcp-fb:99 ccm fir\r\n"));
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    const VideoLeg& leg = world.all_video<JoinVideo>()[0]->video;
    CHECK(leg.mode == rtp::PacketizationMode::single_nal);
    CHECK(leg.profile == H264Profile::constrained_baseline);
    CHECK(leg.payload_type == 99);
    CHECK(leg.bounds.frame_macroblocks == 3600);          // level 3.1; max-fs below it means nothing
    CHECK(leg.bounds.macroblocks_per_second == 108'000);  // and so does max-mbps
    CHECK(leg.bounds.bit_rate == 512'000);
    CHECK(leg.retransmits);
    CHECK(leg.feedback.nack);
    CHECK(leg.feedback.fir);
    CHECK_FALSE(leg.feedback.pli);
    REQUIRE(leg.receive.size() == 1);
    CHECK(leg.receive[0].payload_type == 99);
    CHECK(leg.receive[0].parameter_sets == "Z0LADasgKDPz4CIAAAMAAgAAAwBhHihUkA==,aM48gA==");
    CHECK((leg.sends && leg.receives && !leg.on_hold && !leg.rtcp_mux));
    CHECK(leg.remote_rtcp == *Endpoint::parse("192.0.2.9:5001"));
    CHECK_FALSE((leg.srtp || leg.dtls || leg.ice));
    CHECK(leg.signaling_source == *IpAddress::parse("192.0.2.9"));
}

TEST_CASE("codecs that are not built are refused in their place, and what stands beside them is taken") {
    constexpr std::string_view others =
        "a=rtpmap:34 H263/90000\r\na=rtpmap:98 H263-1998/90000\r\na=rtpmap:100 H265/90000\r\n";
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, fmt::format("m=video 5000 RTP/AVP 100 98 34\r\n{}", others)));
    REQUIRE(world.last_status() == 200);
    CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 0"});
    world.request(
        "INVITE", 2, 1,
        offer(1, fmt::format("m=video 5000 RTP/AVP 100 98 34 97\r\n{}a=rtpmap:97 VP8/90000\r\n", others)));
    CHECK(lines_of(world)[1] != "video 0");
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    CHECK(world.all_video<JoinVideo>()[0]->video.payload_type == 97);
    CHECK(world.all_video<JoinVideo>()[0]->video.receive.size() == 1);
}

TEST_CASE("VP8's limits of size and rate reach the worker") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, std::string(vp8_line) + "a=fmtp:97 max-fs=396;max-fr=15\r\n"));
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    const VideoLeg& leg = world.all_video<JoinVideo>()[0]->video;
    CHECK(leg.codec == VideoCodec::vp8);
    CHECK(leg.payload_type == 97);
    CHECK(leg.bounds.frame_macroblocks == 396);
    CHECK(leg.bounds.frames_per_second == 15);
}

TEST_CASE("who is muted by an operator is shown so, from when he is until he is not") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, h264_line));
    world.request("ACK", 1, 1);
    const auto [room, who] =
        std::pair(world.all_video<JoinVideo>()[0]->room, world.all_video<JoinVideo>()[0]->participant);
    CHECK_FALSE(world.all_video<SetPeople>().back()->people[0].muted);
    for (const bool muted : {true, false}) {
        REQUIRE(world.focus.control(room, who, {.muted = muted}));
        world.run();
        CHECK(world.all_video<SetPeople>().back()->people[0].muted == muted);
    }
    const auto told = world.all_video<SetPeople>().size();
    REQUIRE(world.focus.control(room, who, {.deafened = true}));
    world.run();
    CHECK(world.all_video<SetPeople>().size() == told);  // what nobody sees
}

TEST_CASE("an audio call has no video worker, ports or speaker to watch") {
    World world(with_video());
    world.call(1);
    CHECK(world.video_commands.empty());
    CHECK(world.all<WatchSpeaker>().empty());
    CHECK(world.ports.out == 2);
}

TEST_CASE("video comes and goes twenty times in mid-call, in its place, and the sound is never told") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1));
    world.request("ACK", 1, 1);
    int cseq = 1;
    for (int round = 0; round < 20; ++round) {
        const std::string_view method = round % 2 ? "UPDATE" : "INVITE";
        ++cseq;
        world.request(method, 1, cseq, offer(cseq, h264_line));
        REQUIRE(world.last_status() == 200);
        CHECK(lines_of(world).size() == 2);
        CHECK(lines_of(world)[0] == "audio 20002");
        CHECK(lines_of(world)[1] != "video 0");
        if (method == "INVITE") world.request("ACK", 1, cseq);
        ++cseq;
        world.request(method, 1, cseq, offer(cseq, closed_line));
        REQUIRE(world.last_status() == 200);
        CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 0"});
        if (method == "INVITE") world.request("ACK", 1, cseq);
    }
    CHECK(world.all_video<JoinVideo>().size() == 20);
    CHECK(world.all_video<LeaveVideo>().size() == 20);
    CHECK(world.all<JoinRoom>().size() == 1);
    CHECK(world.all<UpdateLeg>().empty());
}

TEST_CASE("an offer that changes only the sound leaves the picture alone, and the other way round") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, h264_line));
    world.request("ACK", 1, 1);
    std::string muted = offer(2, h264_line);
    muted.insert(muted.find("a=rtpmap:0"), "a=recvonly\r\n");
    world.request("INVITE", 1, 2, muted);
    world.request("ACK", 1, 2);
    CHECK(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all_video<UpdateVideo>().empty());
    CHECK(world.all_video<JoinVideo>().size() == 1);
    std::string still = muted + "a=sendonly\r\n";
    world.request("INVITE", 1, 3, still);
    world.request("ACK", 1, 3);
    CHECK(world.all<UpdateLeg>().size() == 1);
    REQUIRE(world.all_video<UpdateVideo>().size() == 1);
    CHECK(!world.all_video<UpdateVideo>()[0]->video.on_hold);  // a camera alone, which is seen
    CHECK(world.all_video<UpdateVideo>()[0]->video.receives);
    CHECK(!world.all_video<UpdateVideo>()[0]->video.sends);
    CHECK(lines_of(world)[1] == "video 20004");
}

TEST_CASE("a camera that only sends is shown until the sound is held too") {
    World world(with_video());
    const std::string camera = std::string(h264_line) + "a=sendonly\r\n";
    world.request("INVITE", 1, 1, offer(1, camera));
    world.request("ACK", 1, 1);
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    CHECK(world.all_video<JoinVideo>()[0]->video.receives);
    CHECK(!world.all_video<JoinVideo>()[0]->video.on_hold);
    std::string held = offer(2, camera);
    held.insert(held.find("a=rtpmap:0"), "a=sendonly\r\n");
    world.request("INVITE", 1, 2, held);
    world.request("ACK", 1, 2);
    REQUIRE(world.all_video<UpdateVideo>().size() == 1);
    CHECK(world.all_video<UpdateVideo>()[0]->video.on_hold);
    world.request("INVITE", 1, 3, offer(3, camera));
    world.request("ACK", 1, 3);
    REQUIRE(world.all_video<UpdateVideo>().size() == 2);
    CHECK(!world.all_video<UpdateVideo>()[1]->video.on_hold);
    // Nothing either way is hold, whatever the sound does.
    world.request("INVITE", 1, 4, offer(4, std::string(h264_line) + "a=inactive\r\n"));
    world.request("ACK", 1, 4);
    REQUIRE(world.all_video<UpdateVideo>().size() == 3);
    CHECK(world.all_video<UpdateVideo>()[2]->video.on_hold);
}

TEST_CASE("one offer holds sound and picture, and one resumes them") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, h264_line));
    world.request("ACK", 1, 1);
    for (const bool held : {true, false}) {
        CAPTURE(held);
        const int number = held ? 2 : 3;
        std::string both = offer(number, h264_line);
        if (held) {
            both.insert(both.find("a=rtpmap:0"), "a=sendonly\r\n");
            both += "a=sendonly\r\n";
        }
        world.request("INVITE", 1, number, both);
        world.request("ACK", 1, number);
        REQUIRE(world.all<UpdateLeg>().size() == std::size_t(number) - 1);
        REQUIRE(world.all_video<UpdateVideo>().size() == std::size_t(number) - 1);
        CHECK(world.all<UpdateLeg>().back()->audio.on_hold == held);
        CHECK(world.all_video<UpdateVideo>().back()->video.on_hold == held);
        CHECK(world.all_video<UpdateVideo>().back()->video.sends != held);
        CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 20004"});
    }
    CHECK(world.all_video<JoinVideo>().size() == 1);
}

TEST_CASE("a refresh with the same description tells neither worker anything") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, vp8_line));
    world.request("ACK", 1, 1);
    const auto before = world.video_commands.size() + world.commands.size();
    world.request("INVITE", 1, 2, offer(1, vp8_line));
    CHECK(world.video_commands.size() + world.commands.size() == before);
}

TEST_CASE("an INVITE without an offer is offered video, and an answer without it has none") {
    World world(with_video());
    world.request("INVITE", 1, 1);
    REQUIRE(world.last_status() == 200);
    CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 20004"});
    CHECK(world.ports.out == 4);
    world.request("ACK", 1, 1, offer(1, "m=video 0 RTP/AVP 96\r\n"));
    CHECK(world.all<JoinRoom>().size() == 1);
    CHECK(world.video_commands.empty());
    CHECK(world.focus.calls() == 1);
    // Some phones do not so much as mention the line they refuse.
    world.request("INVITE", 3, 1, {}, "1000");
    world.request("ACK", 3, 1, offer(1));
    CHECK(world.all<JoinRoom>().size() == 2);
    CHECK(world.focus.calls() == 2);
    CHECK(world.video_commands.empty());
    world.request("INVITE", 2, 1, {}, "1000");
    world.request("ACK", 2, 1, offer(1, "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"));
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    CHECK(world.all_video<JoinVideo>()[0]->video.codec == VideoCodec::vp8);
}

TEST_CASE("a second video line is refused with port 0 and keeps its place") {
    World world(with_video());
    world.request("INVITE", 1, 1,
                  offer(1, std::string(h264_line) + "m=video 6000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"));
    CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 20004", "video 0"});
}

TEST_CASE("where video is off it is refused with port 0 and takes no ports") {
    World world;
    world.request("INVITE", 1, 1, offer(1, h264_line));
    CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 0"});
    CHECK(world.video_commands.empty());
    CHECK(world.ports.out == 2);
}

TEST_CASE("a call that ends with video is forgotten when both workers have said their last") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, h264_line));
    world.request("ACK", 1, 1);
    world.request("BYE", 1, 2);
    REQUIRE(world.all_video<LeaveVideo>().size() == 1);
    const auto [room, who] =
        std::pair(world.all<LeaveRoom>()[0]->room, world.all<LeaveRoom>()[0]->participant);
    world.focus.handle(LegEnded{room, who, {}}, world.now);
    CHECK(!world.focus.idle());
    world.focus.handle(VideoEvent(VideoEnded{room, who, {}}), world.now);
    CHECK(world.focus.idle());
    CHECK(world.log.count("call.ended") == 1);
    CHECK(world.log.count("video.ended") == 1);
}

TEST_CASE("a picture update by INFO is passed on, and sent where the peer knows no feedback") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, vp8_line));
    world.request("ACK", 1, 1);
    world.request("INFO", 1, 2, sip::picture_update_body, "1000", sip::picture_update_type);
    CHECK(world.last_status() == 200);
    REQUIRE(world.all_video<RequestKeyframe>().size() == 1);
    const JoinVideo& join = *world.all_video<JoinVideo>()[0];
    world.focus.handle(VideoEvent(KeyframeNeeded{join.room, join.participant}), world.now);
    world.run();
    const auto asked = world.requests(sip::Method::info);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].body().find("picture_fast_update") != std::string::npos);
}

TEST_CASE("the loudest is told to the room's video, and people as they come and go") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1, vp8_line));
    world.request("ACK", 1, 1);
    world.request("INVITE", 2, 1, offer(1, h264_line));
    world.request("ACK", 2, 1);
    const RoomId room = world.all_video<JoinVideo>()[1]->room;
    const ParticipantId who = world.all_video<JoinVideo>()[1]->participant;
    CHECK(world.all_video<SetPeople>().back()->people.size() == 2);
    world.focus.handle(SpeakerChanged{room, who}, world.now);
    world.run();
    REQUIRE(world.all_video<SetSpeaker>().size() == 1);
    CHECK(world.all_video<SetSpeaker>()[0]->participant == who);
    world.request("BYE", 2, 2);
    CHECK(world.all_video<SetPeople>().back()->people.size() == 1);
}

TEST_CASE("a room's layout and view are its own where the configuration says so") {
    FocusSettings settings = with_video();
    ConfiguredRoom hall;
    hall.name = "2000";
    hall.video = {mixer::LayoutKind::speaker, VideoViewMode::shared};
    settings.rooms.configured.push_back(hall);
    World world(settings);
    world.request("INVITE", 1, 1, offer(1, vp8_line), "2000");
    world.request("ACK", 1, 1);
    const JoinVideo& first = *world.all_video<JoinVideo>()[0];
    CHECK(first.settings.layout == mixer::LayoutKind::speaker);
    CHECK(first.settings.view == VideoViewMode::shared);
}

TEST_CASE("without free ports a call with video stays a call") {
    World world(with_video());
    world.request("INVITE", 1, 1, offer(1));
    world.request("ACK", 1, 1);
    world.ports.exhausted = true;
    world.request("INVITE", 1, 2, offer(2, h264_line));
    CHECK(world.last_status() == 200);
    CHECK(lines_of(world) == std::vector<std::string>{"audio 20002", "video 0"});
    CHECK(world.video_commands.empty());
}
