#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/address_list.hpp"
#include "server/config_loader.hpp"
#include "server/config_reference.hpp"
#include "server/config_table.hpp"
#include "server/local_addresses.hpp"
#include "server/settings.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

Config good(const std::string& yaml) {
    auto config = load_config_text(yaml, "test.yaml");
    REQUIRE_MESSAGE(config.ok(), (config.ok() ? "" : config.error().message));
    return *config;
}

std::string bad(const std::string& yaml) {
    auto config = load_config_text(yaml, "test.yaml");
    REQUIRE_FALSE(config.ok());
    CHECK(config.error().message.find('\n') == std::string::npos);
    return config.error().message;
}

Result<Config> from(std::vector<std::pair<std::string, std::string>> environment,
                    std::vector<std::string> settings = {}) {
    return load_config({"", std::move(environment), std::move(settings)});
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string read(const std::string& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

struct TemporaryFile {
    explicit TemporaryFile(const std::string& text) {
        char name[] = "/tmp/rotunda-config-XXXXXX";
        std::fclose(fdopen(mkstemp(name), "w"));
        path = name;
        std::ofstream(path) << text;
    }
    ~TemporaryFile() { std::remove(path.c_str()); }
    std::string path;
};

}  // namespace

TEST_CASE("without any source the documented defaults hold") {
    const Config config = *load_config({});
    CHECK(config.sip.listen.size() == 4);
    CHECK(config.media.ports.first == 20000);
    CHECK(config.media.ports.last == 29999);
    CHECK(config.rooms.max_participants == 1000);
    REQUIRE(config.rooms.on_demand);
    CHECK(config.rooms.on_demand->matches("1000"));
    CHECK_FALSE(config.rooms.on_demand->matches("sales"));
    CHECK(config.drain_deadline == Duration(0));
    CHECK(config.audio_codecs.front() == AudioCodec::opus);
}

TEST_CASE("a file sets keys in sections, dotted, as lists or as text") {
    const Config config = good(R"(
sip:
  listen: ["udp://127.0.0.1:5070", "tcp://[::1]:5071"]
  external_address: 203.0.113.5:5060
  tcp.idle_timeout: 5m
media.ports: 30000-30101
media:
  dscp: {audio: ef, video: af41}
  silence_timeout: 1500ms
rooms:
  on_demand: "conf-[0-9]{3}"
  list:
    - sales
    - name: board
      max_participants: 12
audio.codecs: PCMA, opus
http:
)");
    REQUIRE(config.sip.listen.size() == 2);
    CHECK(config.sip.listen[1].transport == sip::Transport::tcp);
    CHECK(config.sip.listen[1].endpoint.to_string() == "[::1]:5071");
    CHECK(config.sip.external_address->to_string() == "203.0.113.5:5060");
    CHECK(config.sip.tcp.idle_timeout == std::chrono::minutes(5));
    CHECK(config.media.ports.last == 30101);
    CHECK(config.media.dscp_audio == 46);
    CHECK(config.media.dscp_video == 34);
    CHECK(config.media.silence_timeout == std::chrono::milliseconds(1500));
    CHECK(config.rooms.on_demand->matches("conf-123"));
    REQUIRE(config.rooms.list.size() == 2);
    CHECK(config.rooms.list[1].max_participants == 12u);
    CHECK(config.audio_codecs == std::vector{AudioCodec::pcma, AudioCodec::opus});
}

TEST_CASE("later sources win: file, environment, then --set") {
    const TemporaryFile file("rooms.max: 1\ncalls.max: 1\ndrain.deadline: 1s\n");
    const auto config = load_config({file.path,
                                     {{"ROTUNDA_CALLS_MAX", "2"}, {"ROTUNDA_DRAIN_DEADLINE", "2s"}},
                                     {"drain.deadline=3s", "rooms.list=a,b", "rooms.on_demand=[a-z]+"}});
    REQUIRE(config.ok());
    CHECK(config->rooms.max == 1);
    CHECK(config->calls_max == 2);
    CHECK(config->drain_deadline == std::chrono::seconds(3));
    CHECK(config->rooms.list.size() == 2);
    CHECK(config->rooms.on_demand->matches("abc"));
}

TEST_CASE("lists in brackets are read from the environment and the command line") {
    const auto config =
        from({{"ROTUNDA_ROOMS_LIST", "[{name: board, max_participants: 3}, x]"}}, {"sip.local_net=[]"});
    REQUIRE(config.ok());
    CHECK(config->rooms.list.front().max_participants == 3u);
    CHECK(config->sip.local_net.empty());
}

TEST_CASE("what is done to voices is said for all rooms and for single ones") {
    const Config config = good(
        "rooms:\n  noise_suppression: yes\n  list:\n    - {name: a, automatic_gain: true, "
        "noise_suppression: no}\n    - b\n");
    CHECK(config.rooms.noise_suppression);
    CHECK_FALSE(config.rooms.automatic_gain);
    REQUIRE(config.rooms.list.size() == 2);
    CHECK(config.rooms.list[0].automatic_gain == true);
    CHECK(config.rooms.list[0].noise_suppression == false);
    CHECK_FALSE(config.rooms.list[1].noise_suppression);
    CHECK(contains(bad("rooms.list: [{name: a, noise_suppression: loud}]"), "true or false"));
}

TEST_CASE("an empty value switches off what can be off") {
    CHECK_FALSE(good("rooms.on_demand: ''\n").rooms.on_demand);
    CHECK_FALSE(good("sip.external_address:\n").sip.external_address);
}

TEST_CASE("an unknown key names file, line, key and the nearest valid name") {
    CHECK(bad("\nsip:\n  lisen: x\n") == "test.yaml:3: sip.lisen: unknown key; did you mean sip.listen?");
    CHECK(bad("rooms.max_particpants: 3") ==
          "test.yaml:1: rooms.max_particpants: unknown key; did you mean rooms.max_participants?");
    CHECK(from({}, {"media.prots=1-2"}).error().message ==
          "--set: media.prots: unknown key; did you mean media.ports?");
    CHECK(from({{"ROTUNDA_SIP_LISTN", "x"}}).error().message ==
          "environment variable ROTUNDA_SIP_LISTN: unknown; did you mean ROTUNDA_SIP_LISTEN?");
    CHECK(contains(from({}, {"calls.max"}).error().message, "expected key=value"));
}

TEST_CASE("a bad value names its line and key and says what is expected") {
    const std::pair<const char*, const char*> cases[] = {
        {"sip.listen: udp://nowhere:5060", "sip.listen: 'udp://nowhere:5060'"},
        {"sip.listen: upd://0.0.0.0:5060", "did you mean udp?"},
        {"sip.listen: []", "at least one listener"},
        {"sip.listen: udp://1.2.3.4:70000", "sip.listen"},
        {"sip.listen: 'udp://1.2.3.4:5060, udp://1.2.3.4:5060'", "twice"},
        {"sip.external_address: 0.0.0.0", "203.0.113.5"},
        {"sip.local_net: 10.0.0.0/99", "prefix"},
        {"sip.dscp: 64", "0 to 63"},
        {"sip.dscp: af44", "did you mean af4"},
        {"sip.user_agent: \"a\\r\\nb\"", "control characters"},
        {"media.ports: 1-2", "1024"},
        {"media.ports: 20001-20002", "pair"},
        {"media.ports: 30000-20000", "pair"},
        {"media.silence_timeout: 30", "30s"},
        {"media.silence_timeout: 999h", "24h"},
        {"rooms.on_demand: '(['", "missing ]"},
        {"rooms.max: -1", "number"},
        {"rooms.max: 0", "from 1"},
        {"rooms.max: 99999999999999999999", "number"},
        {"rooms.list: [{nam: x}]", "did you mean name?"},
        {"rooms.list: [{max_participants: 3}]", "needs a name"},
        {"rooms.list: [a, a]", "twice"},
        {"rooms.alone_prompt: perhaps", "true or false"},
        {"audio.codecs: [opuss]", "did you mean opus?"},
        {"audio.codecs: [opus, OPUS]", "twice"},
        {"log.format: jsn", "did you mean json?"},
        {"log.level: [info]", "one of debug"},
        {"http.listen: localhost:8080", "address:port"},
        {"sip: 5", "expected a section"},
        {"calls.max: {a: b}", "number"},
    };
    for (const auto& [yaml, part] : cases) {
        CAPTURE(std::string(yaml));
        const std::string message = bad(std::string("# one line above\n") + yaml + "\n");
        CAPTURE(message);
        CHECK(message.starts_with("test.yaml:2: "));
        CHECK(contains(message, part));
    }
}

TEST_CASE("what is not YAML is refused with its line") {
    CHECK(bad("sip:\n  listen: [\n").starts_with("test.yaml:"));
    CHECK(bad("rooms.on_demand: [0-9]+\n").starts_with("test.yaml:1: "));
    CHECK(bad("sip:\n\tdscp: 0\n") == "test.yaml:2: indented with a tab, where YAML wants spaces");
    CHECK(contains(bad("- a\n- b\n"), "expected keys and values"));
    CHECK(contains(bad("calls.max: 1\ncalls.max: 2\n"), "set twice"));
}

TEST_CASE("a second document is refused") {
    const auto refused = parse_yaml("rooms.max: 5\n---\nrooms.max: 6\n");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().line == 2);
    CHECK(contains(refused.error().message, "second document"));
    CHECK(parse_yaml("---\nrooms.max: 5\n...\n").ok());
}

TEST_CASE("YAML bombs and huge files are refused at once") {
    CHECK(contains(bad("a: &a [x, x]\nb: &b [*a, *a]\n"), "aliases"));
    CHECK(contains(bad("rooms.list: " + std::string(200, '[') + std::string(200, ']')), "nested too deeply"));
    CHECK(contains(bad(std::string((1 << 20) + 1, '#')), "1 MiB"));
    std::string many = "rooms.list:\n";
    for (int i = 0; i < 30'000; ++i) many += "  - r" + std::to_string(i) + "\n";
    CHECK(contains(bad(many), "too many values"));
}

TEST_CASE("a file that cannot be read is one clear line") {
    CHECK(load_config({"/nowhere/rotunda.yaml", {}, {}}).error().message ==
          "/nowhere/rotunda.yaml: cannot read: No such file or directory");
    CHECK(contains(load_config({"/dev/zero", {}, {}}).error().message, "1 MiB"));
    CHECK(contains(load_config({"/tmp", {}, {}}).error().message, "directory"));
}

TEST_CASE(
    "variables that Kubernetes sets for services are passed over, whatever follows rotunda in their names") {
    for (const char* service : {"ROTUNDA", "ROTUNDA_METRICS", "ROTUNDA_SIP"})
        for (const char* end : {"_SERVICE_HOST", "_SERVICE_PORT", "_SERVICE_PORT_WEB_UI", "_PORT",
                                "_PORT_5060_UDP", "_PORT_8080_TCP_PROTO", "_PORT_8080_TCP_ADDR"})
            CHECK(from({{std::string(service) + end, "udp://10.0.0.1:5060"}}).ok());
    for (const char* number : {"ROTUNDA_METRICS_SERVICE_PORT", "ROTUNDA_SERVICE_PORT_HTTP_PORT",
                               "ROTUNDA_PORT_8080_TCP_PORT", "ROTUNDA_METRICS_PORT_8080_TCP_PORT"})
        CHECK(from({{number, "8080"}}).ok());
    for (const char* mistaken : {"ROTUNDA_SIP_PORT", "ROTUNDA_PORT", "ROTUNDA_MEDIA_PORT_RANGE",
                                 "ROTUNDA_SERVICE", "ROTUNDA_PORT_5060"})
        CHECK_FALSE(from({{mistaken, "5060"}}).ok());
}

TEST_CASE("every key has its own environment variable") {
    std::set<std::string> names;
    for (const ConfigKey& key : config_keys()) CHECK(names.insert(environment_name(key.name)).second);
    CHECK(environment_name("media.dscp.audio") == "ROTUNDA_MEDIA_DSCP_AUDIO");
}

TEST_CASE("what is printed loads again as the same settings") {
    const Config config = good(
        "rooms.list: [{name: 'a\"b', max_participants: 2}, c]\nsip.external_address: 203.0.113.5\n"
        "media.silence_timeout: 90s\nrooms.on_demand: '[0-9]\\d'\n");
    const std::string printed = print_config(config);
    CHECK(print_config(good(printed)) == printed);
}

TEST_CASE("who is known by a certificate has to be asked for one") {
    const char* peer = "auth.trusted=[{name: carrier, certificate: sip.carrier.example}]";
    const auto config = load_config({"", {}, {peer}});
    REQUIRE_FALSE(config.ok());
    CHECK(contains(config.error().message, "sip.tls.verify_client"));
    const auto asking = load_config({"", {}, {peer, "sip.tls.verify_client=optional"}});
    REQUIRE(asking.ok());
    CHECK(asking->auth.trusted.at(0).certificate == "sip.carrier.example");
    CHECK_FALSE(load_config({"", {}, {"auth.trusted=[{name: carrier}]"}}).ok());
}

TEST_CASE("a SIP port among the media ports is refused") {
    const auto config = load_config({"", {}, {"sip.listen=udp://127.0.0.1:20010"}});
    REQUIRE_FALSE(config.ok());
    CHECK(config.error().message == "media.ports: 20000-29999 holds the SIP port 20010 of sip.listen");
    CHECK(load_config({"", {}, {"sip.listen=tcp://127.0.0.1:20010"}}).ok());
}

TEST_CASE("docs/configuration.md is what the table says") {
    const bool current =
        read(std::filesystem::path(rotunda::test_data("../../docs/configuration.md")).lexically_normal()) ==
        config_reference();
    CHECK_MESSAGE(current, "run: rotunda --print-config-reference > docs/configuration.md");
}

TEST_CASE("encryption is said for everybody, a listener, a trunk and a room") {
    using sdp::MediaEncryption;
    CHECK(Config().media.encryption == MediaEncryption::optional);
    const Config config = good(R"(
media: {encryption: "off"}
auth: {listeners: [{listen: "udp://0.0.0.0:5060", encryption: required}]}
trunks: [{name: carrier, proxy: "sip:carrier.example", encryption: optional}]
rooms: {list: [{name: vault, encryption: required}]}
)");
    CHECK(config.media.encryption == MediaEncryption::off);
    CHECK(config.auth.listeners.at(0).encryption == MediaEncryption::required);
    CHECK(config.trunks.at(0).encryption == MediaEncryption::optional);
    CHECK(config.rooms.list.at(0).encryption == MediaEncryption::required);
    CHECK(bad("media: {encryption: sometimes}\n").find("encryption") != std::string::npos);
}

TEST_CASE("how long a trunk's calls ring, and whether it registers by outbound, reach the focus") {
    const Config config = good(R"(
trunks: [{name: carrier, proxy: "sip:carrier.example", outbound: false, ring: 1500ms}]
)");
    const auto focus = focus_settings(config, nullptr);
    REQUIRE(focus.trunks.named("carrier"));
    CHECK(focus.trunks.named("carrier")->ring == std::chrono::milliseconds(1500));
    CHECK_FALSE(focus.trunks.named("carrier")->outbound);
    CHECK(rooms::Trunk().outbound);
    CHECK(rooms::Trunk().ring == Duration{});
    CHECK(bad("trunks: [{name: c, proxy: 'sip:c.example', ring: 2m}]\n").find("ring is above 1m") !=
          std::string::npos);
}

TEST_CASE("who is in auth.local_net may name any IPv4 address of this host, unless the list is empty") {
    const auto local = focus_settings(good("calls: {max: 10}\n"), nullptr).local_net;
    REQUIRE(local);
    for (const IpAddress& own : host_addresses())
        if (own.is_v4()) CHECK_MESSAGE(contains(*local, own), own.to_string());
    CHECK(focus_settings(good("auth: {local_net: []}\n"), nullptr).local_net->empty());
}

TEST_CASE("a trunk's user name for challenges, and where its numbers stand, reach the focus") {
    const Config config = good(R"(
trunks: [{name: carrier, proxy: "sip:carrier.example", user: "4930", auth_user: line-77, dids_in_to: true}]
)");
    const auto focus = focus_settings(config, nullptr);
    REQUIRE(focus.trunks.named("carrier"));
    CHECK(focus.trunks.named("carrier")->auth_user == "line-77");
    CHECK(focus.trunks.named("carrier")->dids_in_to);
    CHECK_FALSE(rooms::Trunk().dids_in_to);
    CHECK(bad("trunks: [{name: c, proxy: 'sip:c.example', dids_in_to: often}]\n").find("true or false") !=
          std::string::npos);
}
