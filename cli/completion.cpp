#include "cli/completion.hpp"

#include <fmt/format.h>

#include "cli/verbs.hpp"

namespace rotunda::cli {
namespace {

// Zsh reads it too, by bashcompinit.
constexpr const char* bash_script = R"sh(_rotunda() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} verb=${{COMP_WORDS[1]}}
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "{0} {1}" -- "$word"))
    elif [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "{1}" -- "$word"))
    elif [ "$COMP_CWORD" -eq 2 ] && [[ " {2} " == *" $verb "* ]]; then
        COMPREPLY=($(compgen -W "$(rotunda rooms 2>/dev/null | awk 'NR > 1 {{ print $1 }}')" -- "$word"))
    elif [ "$COMP_CWORD" -eq 3 ] && [[ " {3} " == *" $verb "* ]]; then
        COMPREPLY=($(compgen -W "$(rotunda room "${{COMP_WORDS[2]}}" 2>/dev/null | awk 'NR > 1 {{ print $1 }}')" -- "$word"))
    fi
}}
complete -o default -F _rotunda rotunda
)sh";

constexpr const char* fish_script = R"sh(complete -c rotunda -f -n __fish_use_subcommand -a '{0}'
complete -c rotunda -f -n '__fish_seen_subcommand_from {1}' -a '(rotunda rooms 2>/dev/null | tail -n +2 | string split -f1 " ")'
)sh";

std::string verbs_with(std::string_view arguments) {
    std::string out;
    for (const Verb& verb : verbs())
        if (verb.arguments.starts_with(arguments))
            out += fmt::format("{}{}", out.empty() ? "" : " ", verb.name);
    return out;
}

}  // namespace

Result<std::string> completion_for(std::string_view shell, const std::vector<std::string>& commands,
                                   const std::vector<std::string>& options) {
    const std::string words = fmt::format("{}", fmt::join(commands, " "));
    const std::string dashed = fmt::format("{}", fmt::join(options, " "));
    const std::string script = fmt::format(fmt::runtime(bash_script), words, dashed, verbs_with("room"),
                                           verbs_with("room participant"));
    if (shell == "bash") return script;
    if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + script;
    if (shell == "fish") return fmt::format(fmt::runtime(fish_script), words, verbs_with("room"));
    return fail_with(fmt::format("{}: completion is there for bash, zsh and fish", shell));
}

}  // namespace rotunda::cli
