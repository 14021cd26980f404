// rotunda-load: callers by the thousand against a SIP conference server, and what it makes of them. Exit
// status 0: all calls stood, nothing was lost, every mix checked was right; 1: not so; 2: it could not run.
#include <cstdio>
#include <exception>
#include <fstream>

#include "bench/codec_floor.hpp"
#include "bench/load_options.hpp"
#include "bench/load_run.hpp"
#include "bench/progress_bar.hpp"
#include "bench/real_time.hpp"
#include "bench/report.hpp"
#include "server/process_limits.hpp"

namespace {

using namespace rotunda;
using namespace rotunda::bench;

int complain(const std::string& why) {
    std::fprintf(stderr, "rotunda-load: %s\n", why.c_str());
    return 2;
}

Result<std::vector<RunPair>> run_pairs(const LoadOptions& options, Voices& voices) {
    ProgressBar bar;
    std::vector<RunPair> pairs(options.pairs);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const auto progress_of = [&](const std::string& which) {
            const std::string prefix = "run " + std::to_string(i + 1) + ", " + which + ": ";
            return [&bar, prefix](std::string_view what, double done) {
                bar.show(prefix + std::string(what), done);
            };
        };
        if (options.floor) {
            auto figures = LoadRun(options, voices, progress_of("floor")).against_floor();
            if (!figures) return fail_with(figures.error().message);
            pairs[i].floor = std::move(figures).value();
        }
        if (options.codecs)
            pairs[i].codecs_cpu_ms =
                codec_floor(options, voices, [&](double done) { progress_of("codecs")("measuring", done); });
        if (options.target.empty()) continue;
        auto figures = LoadRun(options, voices, progress_of("server")).against_server();
        if (!figures) return fail_with(figures.error().message);
        pairs[i].server = std::move(figures).value();
    }
    return pairs;
}

int run(const LoadOptions& options) {
    server::raise_file_limit();
    auto voices = make_voices(options);
    if (!voices) return complain(voices.error().message);
    prefer_this_thread(generator_priority);
    const auto pairs = run_pairs(options, *voices);
    if (!pairs) return complain(pairs.error().message);
    std::fputs(report_table(options, *pairs).c_str(), stdout);
    if (!options.json.empty()) {
        std::ofstream file(options.json);
        file << report_json(options, *pairs);
        if (!file.flush()) return complain("cannot write " + options.json);
    }
    for (const RunPair& pair : *pairs)
        if (pair.server && !is_clean(*pair.server)) return 1;
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const LoadCommand command = parse_load_options(argc, argv);
        if (command.options) return run(*command.options);
        std::fputs(command.text.c_str(), command.status == 0 ? stdout : stderr);
        return command.status;
    } catch (const std::exception& e) {
        return complain(e.what());
    }
}
