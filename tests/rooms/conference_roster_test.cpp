#include "rooms/conference_roster.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "base/random.hpp"
#include "rooms/conference_info.hpp"
#include "rooms/xml_text.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using media::ParticipantId;

namespace {

RosterEntry entry(std::string user, std::string device = "sip:phone@192.0.2.9:5060") {
    RosterEntry e;
    e.user = std::move(user);
    e.display_name = "Name of " + e.user;
    e.endpoint = std::move(device);
    e.media = {{"audio", sdp::Direction::sendrecv}};
    return e;
}

const RoomDescription room{"sip:1000@192.0.2.1", "1000", 50};

// What a client makes of the documents (RFC 4575 §4.6): versions without a gap, full replaces, partial adds
// and takes away. It reads just as much XML as we write.
class RosterClient {
  public:
    void read(const std::string& document) {
        const auto version = static_cast<unsigned>(std::stoul(between(document, "\" version=\"", "\"")));
        if (version_) CHECK(version == *version_ + 1);
        version_ = version;
        const std::string state = between(document, "\" state=\"", "\"");
        if (state == "full") users.clear();
        REQUIRE_FALSE((state == "partial" && documents_ == 0));
        ++documents_;
        count = std::stoul(between(document, "<user-count>", "<"));
        std::set<std::string> named;
        for (std::size_t at = document.find("<user "); at != document.npos;
             at = document.find("<user ", at + 1)) {
            const std::string user = document.substr(at, document.find('\n', at) - at);
            const std::string entity = between(user, "entity=\"", "\"");
            CHECK_MESSAGE(named.insert(entity).second, "a user twice in one document");
            if (between(user, "\" state=\"", "\"") == "deleted")
                users.erase(entity);
            else
                users[entity] = user;
        }
    }
    std::map<std::string, std::string> users;  // entity, element
    std::size_t count = 0;

  private:
    static std::string between(const std::string& text, const std::string& before, const std::string& after) {
        const auto at = text.find(before);
        REQUIRE(at != text.npos);
        const auto from = at + before.size();
        return text.substr(from, text.find(after, from) - from);
    }
    std::optional<unsigned> version_;
    int documents_ = 0;
};

// A subscriber who reads until there is nothing more.
struct Watcher {
    RosterReader reader;
    RosterClient client;
    bool begun = false;

    int read_all(const ConferenceRoster& roster, bool full, std::size_t most = 48'000) {
        int documents = 0;
        for (bool complete = false; !complete; ++documents) {
            const auto document =
                write_conference_info(room, roster, reader, (full || !begun) && documents == 0, most);
            begun = true;
            client.read(document.text);
            complete = document.complete;
        }
        return documents;
    }
};

}  // namespace

TEST_CASE("the first document says everything of room and users") {
    ConferenceRoster roster;
    RosterEntry alice = entry("sip:alice@example.com");
    alice.status = EndpointStatus::on_hold;
    alice.media[0].direction = sdp::Direction::sendonly;
    roster.put(ParticipantId{1}, alice);
    RosterReader reader;
    const auto document = write_conference_info(room, roster, reader, true, 48'000);
    CHECK(document.complete);
    CHECK(document.text ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:1000@192.0.2.1\" "
          "state=\"full\" version=\"1\">\n"
          "<conference-description><display-text>1000</display-text><conf-uris><entry><uri>sip:1000@192.0.2.1"
          "</uri><purpose>participation</purpose></entry></conf-uris><maximum-user-count>50"
          "</maximum-user-count></conference-description>\n"
          "<conference-state><user-count>1</user-count><active>true</active></conference-state>\n"
          "<users state=\"full\">\n"
          "<user entity=\"sip:alice@example.com\" state=\"full\"><display-text>Name of sip:alice@example.com"
          "</display-text><endpoint entity=\"sip:phone@192.0.2.9:5060\" state=\"full\"><status>on-hold"
          "</status><joining-method>dialed-in</joining-method><media id=\"1\"><type>audio</type><status>"
          "sendonly</status></media></endpoint></user>\n"
          "</users>\n</conference-info>\n");
}

TEST_CASE("then only what changed, with the next version, and who is gone as deleted") {
    ConferenceRoster roster;
    Watcher watcher;
    roster.put(ParticipantId{1}, entry("sip:alice@example.com"));
    roster.put(ParticipantId{2}, entry("sip:bob@example.com"));
    watcher.read_all(roster, true);
    roster.remove(ParticipantId{1});
    const auto document = write_conference_info(room, roster, watcher.reader, false, 48'000);
    CHECK(document.text.find("state=\"partial\" version=\"2\"") != std::string::npos);
    CHECK(document.text.find("<user entity=\"sip:alice@example.com\" state=\"deleted\"/>") !=
          std::string::npos);
    CHECK(document.text.find("bob") == std::string::npos);
    CHECK(document.text.find("<conference-description>") == std::string::npos);
    CHECK(document.text.find("<user-count>1<") != std::string::npos);
}

TEST_CASE("what is put again as it was is no news") {
    ConferenceRoster roster;
    CHECK(roster.put(ParticipantId{1}, entry("sip:alice@example.com")));
    CHECK_FALSE(roster.put(ParticipantId{1}, entry("sip:alice@example.com")));
    CHECK(roster.remove(ParticipantId{1}));
    CHECK_FALSE(roster.remove(ParticipantId{1}));
    CHECK(roster.users() == 0);
}

TEST_CASE("who talks is said in a namespace of our own, and only where it is known") {
    ConferenceRoster roster;
    RosterReader reader;
    RosterEntry alice = entry("sip:alice@example.com");
    roster.put(ParticipantId{1}, alice);
    CHECK(write_conference_info(room, roster, reader, true, 48'000).text.find("talking") ==
          std::string::npos);
    alice.talking = true;
    CHECK(roster.put(ParticipantId{1}, alice));
    CHECK(write_conference_info(room, roster, reader, false, 48'000)
              .text.find(
                  "</media><talking xmlns=\"urn:rotunda:conference:talking\">true</talking></endpoint>") !=
          std::string::npos);
}

TEST_CASE("a user in by two phones is one user with two endpoints, told apart even behind one Contact") {
    ConferenceRoster roster;
    Watcher watcher;
    roster.put(ParticipantId{1}, entry("sip:alice@example.com"));
    roster.put(ParticipantId{2}, entry("sip:alice@example.com"));
    watcher.read_all(roster, true);
    REQUIRE(watcher.client.users.size() == 1);
    const std::string& alice = watcher.client.users.begin()->second;
    CHECK(alice.find("entity=\"sip:phone@192.0.2.9:5060\"") != std::string::npos);
    CHECK(alice.find("entity=\"sip:phone@192.0.2.9:5060;leg=2\"") != std::string::npos);
    roster.remove(ParticipantId{1});
    watcher.read_all(roster, false);
    CHECK(watcher.client.users.size() == 1);
    CHECK(watcher.client.users.begin()->second.find("sip:phone@192.0.2.9:5060\"") == std::string::npos);
}

TEST_CASE("many calls with one URI are shown as users of their own beyond the eighth") {
    ConferenceRoster roster;
    for (std::uint64_t i = 1; i <= 20; ++i) roster.put(ParticipantId{i}, entry("sip:pbx@example.com"));
    CHECK(roster.users() == 13);
    CHECK(roster.endpoints() == 20);
    for (std::uint64_t i = 1; i <= 20; ++i) roster.remove(ParticipantId{i});
    CHECK(roster.users() == 0);
}

TEST_CASE("a document ends before it is too long and the next ones bring the rest") {
    ConferenceRoster roster;
    for (std::uint64_t i = 1; i <= 1000; ++i)
        roster.put(ParticipantId{i}, entry("sip:user" + std::to_string(i) + "@example.com"));
    RosterReader reader;
    RosterClient client;
    bool full = true;
    for (bool complete = false; !complete; full = false) {
        const auto document = write_conference_info(room, roster, reader, full, 10'000);
        CHECK(document.text.size() <= 10'000);
        client.read(document.text);
        complete = document.complete;
    }
    CHECK(client.users.size() == 1000);
    CHECK(client.count == 1000);
}

TEST_CASE("who missed what is forgotten is told everything again") {
    ConferenceRoster roster;
    Watcher watcher;
    roster.put(ParticipantId{1}, entry("sip:alice@example.com"));
    roster.put(ParticipantId{2}, entry("sip:bob@example.com"));
    watcher.read_all(roster, true);
    roster.remove(ParticipantId{1});
    for (std::uint64_t i = 10; i < 1000; ++i) {
        roster.put(ParticipantId{i}, entry("sip:guest" + std::to_string(i) + "@example.com"));
        roster.remove(ParticipantId{i});
    }
    REQUIRE(roster.forgotten() > watcher.reader.read);
    const auto document = write_conference_info(room, roster, watcher.reader, false, 48'000);
    CHECK(document.text.find("state=\"full\" version=\"2\"") != std::string::npos);
    watcher.client.read(document.text);
    CHECK(watcher.client.users.size() == 1);
}

TEST_CASE("names from outside cannot break out of the document") {
    std::string out;
    append_xml(out, "<a href=\"x\">&amp;'\x01\x7f\n\xff\xc3\xbc\xef\xbf\xbe\xed\xa0\x80");
    CHECK(out == "&lt;a href=&quot;x&quot;&gt;&amp;amp;'?\x7f ?\xc3\xbc????");
    out.clear();
    append_xml(out, std::string(300, 'x'));
    CHECK(out.size() == 256);
    out.clear();
    append_xml(out, "abc\xc3\xbc", 4);  // no half character
    CHECK(out == "abc");
    out.clear();
    append_xml(out, "\xe2\x82", 10);
    CHECK(out == "??");
}

TEST_CASE("the end of the room is a document of its own") {
    RosterReader reader{5, 7};
    CHECK(write_conference_end(room, reader).find("state=\"deleted\" version=\"8\"/>") != std::string::npos);
}

// The property the whole thing stands on: whatever happens, in whatever portions and at whatever moments
// somebody reads, what he has put together is what he would be told from the beginning.
TEST_CASE("random joins, leaves and holds: partial documents add up to the full one") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        SeededRandom random(seed);
        ConferenceRoster roster;
        std::vector<Watcher> watchers(4);
        std::set<std::uint64_t> inside;
        std::uint64_t next = 0;
        for (int step = 0; step < 400; ++step) {
            const auto pick = [&] {
                auto it = inside.begin();
                std::advance(it, random.u32() % inside.size());
                return *it;
            };
            switch (random.u32() % 6) {
                case 0:
                case 1: {
                    const auto id = ++next;
                    inside.insert(id);
                    roster.put(ParticipantId{id},
                               entry("sip:u" + std::to_string(random.u32() % 30) + "@example.com"));
                    break;
                }
                case 2:
                    if (inside.empty()) break;
                    {
                        const auto id = pick();
                        CHECK(roster.remove(ParticipantId{id}));
                        inside.erase(id);
                    }
                    break;
                case 3:
                    if (inside.empty()) break;
                    {
                        RosterEntry changed =
                            entry("sip:u" + std::to_string(random.u32() % 30) + "@example.com");
                        changed.status = static_cast<EndpointStatus>(random.u32() % 3);
                        roster.put(ParticipantId{pick()}, changed);
                    }
                    break;
                default: {
                    Watcher& watcher = watchers[random.u32() % watchers.size()];
                    const std::size_t most = 600 + random.u32() % 4000;
                    // One document, or all there is.
                    if (random.u32() % 2) {
                        watcher.read_all(roster, random.u32() % 8 == 0, most);
                    } else {
                        const bool full = !watcher.begun || random.u32() % 8 == 0;
                        watcher.client.read(
                            write_conference_info(room, roster, watcher.reader, full, most).text);
                        watcher.begun = true;
                    }
                    break;
                }
            }
            REQUIRE(roster.endpoints() == inside.size());
        }
        Watcher fresh;
        fresh.read_all(roster, true);
        CHECK(fresh.client.users.size() == roster.users());
        for (Watcher& watcher : watchers) {
            watcher.read_all(roster, false, 2000);
            CHECK(watcher.client.users == fresh.client.users);
            CHECK(watcher.client.count == roster.users());
        }
    }
}
