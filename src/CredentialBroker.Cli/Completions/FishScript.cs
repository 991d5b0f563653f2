using System.Text;

namespace CredentialBroker.Cli.Completions;

/// <summary>Completion of fish: one <c>complete</c> for each word, each under the condition that its command was typed.</summary>
internal static class FishScript
{
    public static string Of(IReadOnlyList<CompletionPlace> places)
    {
        var script = new StringBuilder("# fish completion for credbroker; made by: credbroker completion fish\n");
        script.Append("function __credbroker_at\n    set -l at credbroker\n");
        script.Append("    for word in (commandline -opc)[2..-1]\n");
        script.Append($"        contains -- \"$at $word\" {string.Join(' ', places.Skip(1).Select(p => $"'{p.Path}'"))}; and set at \"$at $word\"\n");
        script.Append("    end\n    test \"$at\" = \"$argv[1]\"\nend\n");
        foreach (var place in places)
        {
            var when = $"complete -c credbroker -n '__credbroker_at \"{place.Path}\"'";
            foreach (var verb in place.Verbs) script.Append($"{when} -f -a '{verb.Text}' -d '{verb.Meaning}'\n");
            foreach (var option in place.Options) script.Append($"{when} -l '{option.Text.TrimStart('-')}'{(option.TakesValue ? " -r" : "")} -d '{option.Meaning}'\n");
        }

        return script.ToString();
    }
}
