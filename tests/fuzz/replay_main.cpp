// [--seconds=N] FILES AND FOLDERS: runs a fuzz target over them, the corpus as a regression test, and then
// for N seconds of processor time over changes of them. What fails is left in a file crash-PROGRAM.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/mutator.hpp"

namespace {

// For keep_input(): the input under way, and where to leave it.
std::string current, crash_file;

void keep_input(int signal) {
    const int file = ::open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0 && ::write(file, current.data(), current.size()) >= 0) ::close(file);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void run(std::string input) {
    current = std::move(input);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::size_t run_changed(const std::vector<std::string>& seeds, double seconds) {
    rotunda::fuzz::Mutator mutator(seeds, 1);
    const auto end = std::clock() + static_cast<std::clock_t>(seconds * CLOCKS_PER_SEC);
    std::size_t runs = 0;
    for (; std::clock() < end; ++runs) run(mutator.next());
    return runs;
}

}  // namespace

int main(int count, char** arguments) {
    crash_file = "crash-" + std::filesystem::path(arguments[0]).filename().string();
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, keep_input);
    constexpr std::string_view option = "--seconds=";
    double seconds = 0;
    std::vector<std::string> seeds;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument.starts_with(option)) {
            seconds = rotunda::parse_number<unsigned>(argument.substr(option.size()), 3600).value_or(0);
            continue;
        }
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argument))
            if (entry.is_regular_file()) seeds.push_back(read_file(entry.path()));
    }
    for (const std::string& seed : seeds) run(seed);
    // An empty corpus is a mistake in the build, not a success.
    if (seeds.empty()) return 1;
    std::printf("%zu inputs, %zu changed\n", seeds.size(), run_changed(seeds, seconds));
    return 0;
}
