// Ten thousand random exchanges; after each step the promises of RFC 3264 are checked.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

class RandomPeer {
  public:
    explicit RandomPeer(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.next() % n); }

    SessionDescription offer(std::size_t least_lines) {
        std::string lines;
        const std::size_t count = below(4) == 0 ? below(5) : std::max<std::size_t>(least_lines, 1 + below(3));
        for (std::size_t i = 0; i < count; ++i) lines += media_line(i == 0);
        return offer_of(lines);
    }

    // Mostly sensible: takes some formats of the offer, sometimes by other numbers.
    SessionDescription answer_to(const SessionDescription& offer) {
        if (below(8) == 0) return this->offer(offer.media.size());
        SessionDescription out = offer;
        for (Media& line : out.media) {
            if (line.port != 0) line.port = static_cast<std::uint16_t>(below(6) == 0 ? 0 : 4000);
            while (line.formats.size() > 1 && below(2) == 0)
                line.formats.erase(line.formats.begin() +
                                   static_cast<std::ptrdiff_t>(below(line.formats.size())));
        }
        return out;
    }

  private:
    std::string media_line(bool mostly_audio) {
        constexpr const char* types[] = {"audio", "video", "text", "application", "image"};
        constexpr const char* protos[] = {"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "UDP/TLS/RTP/SAVPF", "udptl"};
        constexpr const char* extras[] = {"a=sendonly\r\n",
                                          "a=inactive\r\n",
                                          "a=recvonly\r\n",
                                          "a=rtcp-mux\r\n",
                                          "c=IN IP4 0.0.0.0\r\n",
                                          "c=IN IP6 2001:db8::9\r\n",
                                          "a=ptime:30\r\n",
                                          "a=mid:x\r\n",
                                          "c=IN IP4 224.1.1.1/3\r\n",
                                          "a=maxptime:10\r\n",
                                          "a=rtcp:9 IN IP4 0.0.0.0\r\n"};
        constexpr const char* maps[] = {"opus/48000/2",
                                        "telephone-event/8000",
                                        "telephone-event/48000",
                                        "CN/16000",
                                        "PCMU/8000",
                                        "G722/16000",
                                        "iLBC/8000",
                                        "H264/90000"};
        const bool audio = mostly_audio && below(8) != 0;
        std::string head = std::string("m=") + types[audio ? 0 : below(5)] + " " +
                           (below(8) == 0 ? "0" : "4000") + " " +
                           protos[audio && below(6) != 0 ? below(2) : below(5)];
        std::string body;
        constexpr const char* fixed[] = {" 0", " 8", " 9", " 13", " 18", " *"};
        for (std::size_t i = below(5); i > 0; --i) head += fixed[below(6)];
        for (std::size_t i = below(5); i > 0; --i) {
            const std::string number = std::to_string(90 + below(38));
            head += " " + number;
            body += "a=rtpmap:" + number + " " + maps[below(8)] + "\r\n";
        }
        for (std::size_t i = below(4); i > 0; --i) body += extras[below(11)];
        return head + "\r\n" + body;
    }

    SeededRandom random_;
};

std::uint64_t version_of(const SessionDescription& s) {
    return std::stoull(s.origin.version);
}

bool usable_ptime(int ptime) {
    return ptime == 10 || ptime == 20 || ptime == 30 || ptime == 40 || ptime == 60;
}

// The promise that does not hold; empty when all do. One CHECK for many promises keeps the run short.
std::string broken_promise(const Media& local, const NegotiatedMedia& media) {
    if (local.port != 20000) return "an accepted line has our port";
    if (media.receive.empty()) return "something can be received";
    if (!usable_ptime(media.send.ptime_ms)) return "ptime is one we can make";
    if (media.remote_rtp.port == 0) return "the peer has a port";
    if (media.on_hold && sends(media.direction)) return "nothing is sent to one who holds";
    std::set<int> numbers;
    for (const auto& f : media.receive)
        if (!numbers.insert(f.payload_type).second) return "a number has one meaning";
    for (const auto& list : {media.telephone_events, media.comfort_noise})
        for (const auto& f : list)
            if (!numbers.insert(f.payload_type).second) return "a number has one meaning";
    return *numbers.rbegin() < 128 ? "" : "payload types end at 127";
}

void check_agreement(const OfferAnswer& session) {
    const auto local = parsed(session.local_description());
    REQUIRE(local.media.size() == session.media().size());
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < local.media.size(); ++i) {
        if (!session.media()[i].accepted) continue;
        ++accepted;
        CHECK(broken_promise(local.media[i], session.media()[i]) == "");
    }
    CHECK(accepted <= 1);
    CHECK((session.audio() != nullptr) == (accepted == 1));
}

// Same lines in the same order; what is open in the answer was open in the offer and speaks its numbers.
std::string broken_promise(const SessionDescription& offer, const SessionDescription& answer, std::size_t i) {
    const Media& a = answer.media[i];
    const Media& o = offer.media[i];
    if (a.type != o.type || a.proto != o.proto) return "type and proto are as offered";
    if (a.port == 0) return a.formats == o.formats ? "" : "a refused line keeps its formats";
    if (o.port == 0) return "a closed line stays closed";
    for (const std::string& format : a.formats)
        if (std::count(o.formats.begin(), o.formats.end(), format) == 0)
            return "formats are among the offered";
    const Direction ours = direction_of(answer, a);
    return both(ours, reversed(direction_of(offer, o))) == ours ? "" : "the direction is within the offered";
}

void check_answer(const SessionDescription& offer, const SessionDescription& answer) {
    REQUIRE(answer.media.size() == offer.media.size());
    for (std::size_t i = 0; i < offer.media.size(); ++i) CHECK(broken_promise(offer, answer, i) == "");
}

class Conversation {
  public:
    explicit Conversation(std::uint64_t seed)
        : peer_(seed), session_(make_session(default_capabilities(), seed)) {}

    void step() {
        switch (peer_.below(8)) {
            case 0:
                return we_offer();
            case 1:
                return session_.roll_back();
            default:
                return peer_offers();
        }
    }

  private:
    void peer_offers() {
        const auto offer = peer_.offer(lines_);
        const auto before = session_.media();
        const auto answer = session_.answer(offer, local_media());
        if (!answer.ok()) {
            CHECK((answer.error().status == 488 && answer.error().warning_code != 0));
            CHECK(session_.media() == before);
            return;
        }
        lines_ = std::max(lines_, offer.media.size());
        const auto description = parsed(*answer);
        CHECK(write(description) == *answer);
        check_answer(offer, description);
        see(description);
        check_agreement(session_);
        CHECK(*session_.answer(parsed(write(offer)), local_media()) == *answer);
    }

    void we_offer() {
        const std::string text = session_.create_offer(local_media());
        const auto offer = parsed(text);
        CHECK(offer.media.size() >= session_.media().size());
        CHECK(std::count_if(offer.media.begin(), offer.media.end(),
                            [](const Media& m) { return m.port != 0; }) == 1);
        see(offer);
        if (peer_.below(4) == 0) return session_.roll_back();
        const auto before = session_.media();
        if (session_.accept_answer(peer_.answer_to(offer)))
            CHECK(session_.media() == before);
        else
            check_agreement(session_);
        CHECK_FALSE(session_.offer_pending());
    }

    // One version, one description; and one session from the first to the last.
    void see(const SessionDescription& ours) {
        if (session_id_.empty()) session_id_ = ours.origin.session_id;
        const std::string text = write(ours);
        const auto [at, fresh] = said_.emplace(version_of(ours), text);
        CHECK((ours.origin.session_id == session_id_ && at->second == text));
        if (fresh) CHECK(version_of(ours) == said_.size());
    }

    RandomPeer peer_;
    OfferAnswer session_;
    std::size_t lines_ = 0;
    std::string session_id_;
    std::map<std::uint64_t, std::string> said_;
};

}  // namespace

TEST_CASE("Ten thousand random conversations keep every promise of RFC 3264") {
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        CAPTURE(seed);
        Conversation conversation(seed);
        const int steps = seed % 16 == 0 ? 16 : 3;
        for (int i = 0; i < steps; ++i) conversation.step();
    }
}

TEST_CASE("Numbers keep their meaning through every offer of ours") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        RandomPeer peer(seed);
        auto session = make_session();
        std::map<int, std::string> meaning;
        for (int i = 0; i < 6; ++i) {
            const auto offer = parsed(session.create_offer(local_media()));
            for (const Media& line : offer.media)
                if (line.port != 0)
                    for (const RtpMap& map : rtpmaps(line))
                        CHECK(meaning.emplace(map.payload_type, to_string(map)).first->second ==
                              to_string(map));
            session.accept_answer(peer.answer_to(offer));
        }
    }
}
