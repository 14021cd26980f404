#include "cli/completion.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "mixer/layout.hpp"

namespace rotunda::cli {
namespace {

// Zsh reads it too, by bashcompinit. What the server answers is never a word of the script: callers choose
// their names. It is read as lines, quoted, and compared, since compgen -W would expand it, and the shell
// once more what stands on the command line.
constexpr const char* bash_script = R"sh(_rotunda_column() {{
    local line
    while IFS= read -r line; do
        printf -v line %q "$line"
        [[ $line == "$word"* ]] && COMPREPLY+=("$line")
    done < <(rotunda "${{@:2}}" 2>/dev/null | sed -e 1d -e 's/^ *//' -e "$1")
}}
_rotunda() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} verb=${{COMP_WORDS[1]}} choices= first='s/  .*//' last='s/.*  //'
    COMPREPLY=()
    if [[ $word == -* ]]; then
        choices="{options}"
    elif [ "$COMP_CWORD" -eq 1 ]; then
        choices="{commands}"
    else
        case "$verb:$COMP_CWORD" in
            {rooms}) _rotunda_column "$first" rooms ;;
            {participants}) _rotunda_column "$first" room "${{COMP_WORDS[2]}}" ;;
            {calls}) _rotunda_column "$last" calls ;;
            {bans}) _rotunda_column "$first" bans ;;
            {layouts}) choices="{layout_names}" ;;
            user:2) choices="add list passwd remove" ;;
            completion:2) choices="bash zsh fish" ;;
        esac
    fi
    [ -z "$choices" ] || COMPREPLY=($(compgen -W "$choices" -- "$word"))
}}
complete -o default -F _rotunda rotunda
)sh";

constexpr const char* fish_script = R"sh(function __rotunda_at
    set -l words (commandline -opc)
    contains -- "$words[2]:"(count $words) $argv
end
function __rotunda_column
    rotunda $argv[2..] 2>/dev/null | sed -e 1d -e 's/^ *//' -e $argv[1]
end
complete -c rotunda -f -n __fish_use_subcommand -a '{commands}'
complete -c rotunda -f -n '__rotunda_at {rooms}' -a "(__rotunda_column 's/  .*//' rooms)"
complete -c rotunda -f -n '__rotunda_at {participants}' -a "(__rotunda_column 's/  .*//' room (commandline -opc)[3])"
complete -c rotunda -f -n '__rotunda_at {calls}' -a "(__rotunda_column 's/.*  //' calls)"
complete -c rotunda -f -n '__rotunda_at {bans}' -a "(__rotunda_column 's/  .*//' bans)"
complete -c rotunda -f -n '__rotunda_at {layouts}' -a '{layout_names}'
complete -c rotunda -f -n '__rotunda_at user:2' -a 'add list passwd remove'
complete -c rotunda -f -n '__rotunda_at completion:2' -a 'bash zsh fish'
)sh";

// "lock:2|mute:2": the words of a command line where an argument of that name stands.
std::string places_of(std::string_view argument, std::string_view between) {
    std::string out;
    for (const Verb& verb : verbs()) {
        std::size_t place = 2;
        for (auto rest = std::optional(verb.arguments); rest; ++place) {
            const Split parts = split_once(*rest, ' ');
            if (parts.head == argument)
                out += fmt::format("{}{}:{}", out.empty() ? "" : between, verb.name, place);
            rest = parts.tail;
        }
    }
    return out;
}

std::string layout_names() {
    std::string out;
    for (auto kind = mixer::LayoutKind::grid; kind <= mixer::LayoutKind::picture_in_picture;
         kind = static_cast<mixer::LayoutKind>(static_cast<int>(kind) + 1))
        out += fmt::format("{}{}", out.empty() ? "" : " ", mixer::to_string(kind));
    return out;
}

std::string filled(const char* script, std::string_view between, const std::vector<std::string>& commands,
                   const std::vector<std::string>& options) {
    const auto places = [between](std::string_view argument) { return places_of(argument, between); };
    return fmt::format(fmt::runtime(script), fmt::arg("commands", fmt::join(commands, " ")),
                       fmt::arg("options", fmt::join(options, " ")),
                       fmt::arg("rooms", places("room") + std::string(between) + places("to")),
                       fmt::arg("participants", places("participant")), fmt::arg("calls", places("call")),
                       fmt::arg("bans", "unban:2"), fmt::arg("layouts", places("layout")),
                       fmt::arg("layout_names", layout_names()));
}

}  // namespace

Result<std::string> completion_for(std::string_view shell, const std::vector<std::string>& commands,
                                   const std::vector<std::string>& options) {
    if (shell == "bash") return filled(bash_script, "|", commands, options);
    if (shell == "zsh")
        return "autoload -U +X bashcompinit && bashcompinit\n" + filled(bash_script, "|", commands, options);
    if (shell == "fish") return filled(fish_script, " ", commands, options);
    return fail_with(fmt::format("{}: completion is there for bash, zsh and fish", shell));
}

}  // namespace rotunda::cli
