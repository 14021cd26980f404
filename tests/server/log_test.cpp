#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "base/text.hpp"
#include "server/file_descriptor.hpp"
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

TEST_CASE("a long value is cut between characters, and says so") {
    const auto ends_with = [](const std::string& value, const std::string& end) {
        return text_line(record(value), noon).ends_with("name=" + end) &&
               json_line(record(value), noon).ends_with("\"name\":\"" + end + "\"}");
    };
    CHECK(ends_with(std::string(256, 'x'), std::string(256, 'x')));
    CHECK(ends_with(std::string(60'000, 'x'), std::string(256, 'x') + "\u2026"));
    CHECK(ends_with(std::string(254, 'x') + "\u20ac\u20ac", std::string(254, 'x') + "\u2026"));
    CHECK(ends_with(std::string(255, 'x') + "\u00eb", std::string(255, 'x') + "\u2026"));
    LogRecord long_message = record("y");
    long_message.message = std::string(60'000, 'x');
    CHECK(text_line(long_message, noon).size() < 400);
    CHECK(text_line(record(std::string(60'000, '\x80')), noon).size() < 1200);
}

namespace {

struct Pipe {
    Pipe() {
        int ends[2];
        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        from = FileDescriptor(ends[0]);
        to = FileDescriptor(ends[1]);
    }
    // What there is, waiting for the first of it.
    std::string read_some() {
        std::string buffer(1 << 20, '\0');
        const ssize_t size = read(from.get(), buffer.data(), buffer.size());
        buffer.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return buffer;
    }
    FileDescriptor from;
    FileDescriptor to;
};

}  // namespace

TEST_CASE("the writer writes one line per record from its level up, the last ones before it ends") {
    Pipe pipe;
    const SystemClock clock;
    const StillClock still;
    {
        LogWriter writer({LogFormat::json, LogLevel::info}, still, pipe.to.get());
        Duration least = std::chrono::seconds(1);
        for (int look = 0; look < 5; ++look) {  // the machine may hold one of us up, but not each time
            writer.write(record("{} %s"));
            const TimePoint written = clock.now();
            CHECK(pipe.read_some() == json_line(record("{} %s"), noon) + "\n");
            least = std::min(least, clock.now() - written);
        }
        CHECK(least < std::chrono::milliseconds(100));
        writer.write({LogLevel::debug, "noise", "", {}});
        for (int i = 0; i < 100; ++i) writer.write(record("x"));
        CHECK(writer.lost() == 0);
    }
    std::string all;
    for (int i = 0; i < 100; ++i) all += json_line(record("x"), noon) + "\n";
    CHECK(pipe.read_some() == all);
}

TEST_CASE("a reader that never reads costs lines and nobody's time") {
    Pipe pipe;
    const SystemClock clock;
    TimePoint written;
    {
        LogWriter writer({LogFormat::text, LogLevel::info}, clock, pipe.to.get());
        // A pipe holds 64 kB.
        for (int i = 0; i < 7000; ++i) writer.write(record("x"));
        CHECK(writer.lost() > 1000);
        written = clock.now();
    }
    CHECK(clock.now() - written < std::chrono::seconds(2));
}

TEST_CASE("a reader that has gone costs lines") {
    std::signal(SIGPIPE, SIG_IGN);  // as the server does
    Pipe pipe;
    const SystemClock clock;
    LogWriter writer({LogFormat::text, LogLevel::info}, clock, pipe.to.get());
    { const FileDescriptor closed = std::move(pipe.from); }
    writer.write(record("x"));
    for (int i = 0; i < 1000 && writer.lost() == 0; ++i) usleep(1000);
    CHECK(writer.lost() == 1);
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
