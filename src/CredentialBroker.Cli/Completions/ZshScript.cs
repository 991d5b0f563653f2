using System.Text;

namespace CredentialBroker.Cli.Completions;

/// <summary>Completion of zsh: a function for its completion system, in a file of its own on <c>fpath</c> or read directly.</summary>
internal static class ZshScript
{
    public static string Of(IReadOnlyList<CompletionPlace> places)
    {
        var script = new StringBuilder("#compdef credbroker\n# made by: credbroker completion zsh\n");
        script.Append("_credbroker() {\n");
        script.Append("    local at=credbroker i\n    local -a verbs options\n");
        script.Append("    for ((i = 2; i < CURRENT; i++)); do\n");
        script.Append("        case \"$at ${words[i]}\" in\n");
        script.Append($"            {string.Join("|", places.Skip(1).Select(p => $"'{p.Path}'"))}) at=\"$at ${{words[i]}}\" ;;\n");
        script.Append("        esac\n    done\n");
        script.Append("    case \"$at\" in\n");
        foreach (var place in places)
        {
            script.Append($"        '{place.Path}')\n            verbs=({Described(place.Verbs)})\n            options=({Described(place.Options)}) ;;\n");
        }

        script.Append("    esac\n");
        script.Append("    if [[ ${words[CURRENT]} == -* ]]; then _describe option options\n");
        script.Append("    elif (( ${#verbs} )); then _describe command verbs\n");
        script.Append("    else _files\n    fi\n}\n");
        return script.Append("if [[ $funcstack[1] == _credbroker ]]; then _credbroker \"$@\"; else compdef _credbroker credbroker; fi\n").ToString();
    }

    private static string Described(IEnumerable<CompletionWord> words) => string.Join(' ', words.Select(w => $"'{w.Text}:{w.Meaning.Replace(":", "\\:", StringComparison.Ordinal)}'"));
}
