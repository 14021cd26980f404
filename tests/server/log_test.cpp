#include <doctest/doctest.h>

#include <string>

#include "base/text.hpp"
#include "server/log_format.hpp"
#include "server/log_writer.hpp"
#include "server/system_random.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

const WallTime noon = WallTime(std::chrono::seconds(1'767'225'600) + std::chrono::milliseconds(7));

LogRecord record(std::string value) {
    return {LogLevel::info, "call.joined", "joined", {{"room", "1000"}, {"name", std::move(value)}}};
}

class StillClock final : public Clock {
  public:
    TimePoint now() const override { return TimePoint(); }
    WallTime wall() const override { return noon; }
};

}  // namespace

TEST_CASE("a text line carries UTC milliseconds, level, event, message and fields") {
    CHECK(text_line(record("Zo\u00eb"), noon) ==
          "2026-01-01T00:00:00.007Z info    call.joined joined room=1000 name=Zo\u00eb");
}

TEST_CASE("text values are quoted when a reader could mistake their end") {
    CHECK(text_line(record("a b"), noon).ends_with("name=\"a b\""));
    CHECK(text_line(record(""), noon).ends_with("name=\"\""));
    CHECK(text_line(record("x\" room=2"), noon).ends_with("name=\"x\\\" room=2\""));
    CHECK(text_line(record("a\\n"), noon).ends_with("name=\"a\\\\n\""));
}

TEST_CASE("no byte from outside breaks a text line") {
    CHECK(text_line(record("a\r\nb"), noon).ends_with("name=a\\x0d\\x0ab"));
    CHECK(text_line(record("\x1b[2J"), noon).ends_with("name=\\x1b[2J"));
    CHECK(text_line(record("\xc2\x9b"
                           "2J"),
                    noon)
              .ends_with("name=\\xc2\\x9b"
                         "2J"));
    CHECK(text_line(record("\xff\xfe"), noon).ends_with("name=\\xff\\xfe"));
    std::string all;
    for (int b = 0; b < 256; ++b) all += static_cast<char>(b);
    for (const char c : text_line(record(all), noon)) CHECK(static_cast<unsigned char>(c) >= 0x20);
}

TEST_CASE("a JSON line has the fields flat beside the rest") {
    CHECK(
        json_line(record("x"), noon) ==
        R"({"time":"2026-01-01T00:00:00.007Z","level":"info","event":"call.joined","message":"joined","room":"1000","name":"x"})");
}

TEST_CASE("JSON escapes what it must and is UTF-8 whatever came in") {
    CHECK(json_line(record("a\"b\\c\n\t"), noon).ends_with(R"("name":"a\"b\\c\u000a\u0009"})"));
    CHECK(json_line(record(std::string("\0", 1)), noon).ends_with(R"("name":"\u0000"})"));
    CHECK(json_line(record("\xe2\x80\xa8"), noon).ends_with(R"("name":"\u2028"})"));
    CHECK(json_line(record("\xc3"), noon).ends_with("\"name\":\"\xef\xbf\xbd\"}"));
    std::string all;
    for (int b = 0; b < 256; ++b) all += static_cast<char>(b);
    const std::string line = json_line(record(all), noon);
    CHECK(is_utf8(line));
    for (const char c : line) CHECK(static_cast<unsigned char>(c) >= 0x20);
}

TEST_CASE("the writer writes one line per record from its level up") {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&text, &size);
    const StillClock clock;
    {
        LogWriter writer({LogFormat::json, LogLevel::info}, clock, out);
        writer.write(record("{} %s"));
        writer.write({LogLevel::debug, "noise", "", {}});
    }
    std::fclose(out);
    const std::string written(text, size);
    free(text);
    CHECK(written == json_line(record("{} %s"), noon) + "\n");
}

TEST_CASE("the operating system's numbers do not repeat") {
    SystemRandom random;
    std::uint64_t last = random.next();
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t next = random.next();
        CHECK(next != last);
        last = next;
    }
}
