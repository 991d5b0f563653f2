using System.Text;

namespace CredentialBroker.Cli.Completions;

/// <summary>Programmable completion of bash: a function that fills COMPREPLY, bound by <c>complete</c>.</summary>
internal static class BashScript
{
    public static string Of(IReadOnlyList<CompletionPlace> places)
    {
        var script = new StringBuilder("# bash completion for credbroker; made by: credbroker completion bash\n");
        script.Append("_credbroker() {\n");
        script.Append("    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path=credbroker words='' i\n");
        script.Append("    COMPREPLY=()\n");
        script.Append("    for ((i = 1; i < COMP_CWORD; i++)); do\n");
        script.Append("        case \"$path ${COMP_WORDS[i]}\" in\n");
        script.Append($"            {string.Join(" | ", places.Skip(1).Select(p => $"'{p.Path}'"))}) path=\"$path ${{COMP_WORDS[i]}}\" ;;\n");
        script.Append("        esac\n    done\n");
        // The value of an option is not ours to complete: nothing is offered, and bash turns to files.
        script.Append($"    case \"$before\" in {string.Join(" | ", Valued(places))}) return ;; esac\n");
        script.Append("    case \"$path\" in\n");
        foreach (var place in places) script.Append($"        '{place.Path}') words='{string.Join(' ', place.Verbs.Concat(place.Options).Select(w => w.Text))}' ;;\n");
        script.Append("    esac\n");
        script.Append("    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n");
        return script.Append("complete -o default -F _credbroker credbroker\n").ToString();
    }

    private static IEnumerable<string> Valued(IReadOnlyList<CompletionPlace> places) =>
        places.SelectMany(p => p.Options).Where(o => o.TakesValue).Select(o => o.Text).Distinct().Order(StringComparer.Ordinal);
}
