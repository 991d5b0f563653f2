using System.Diagnostics;
using CredentialBroker.Cli.Completions;
using CredentialBroker.Cli.Tests.TestInfra;

namespace CredentialBroker.Cli.Tests;

/// <summary>The scripts that complete verbs and options.</summary>
public sealed class CompletionTests : CliTest
{
    [Theory]
    [InlineData("credbroker le", "lease")]
    [InlineData("credbroker lease re", "renew revoke")]
    [InlineData("credbroker audit ", "tail export verify --help")]
    [InlineData("credbroker lease revoke x --rea", "--reason")]
    [InlineData("credbroker lease list --addr https://b --js", "--json")]
    [InlineData("credbroker freeze --reason ", "")]
    [InlineData("credbroker nonsense ", "approval")]
    public async Task Bash_completes_by_the_function_that_it_is_told_to_use(string typed, string wanted)
    {
        var script = Write("completion.bash", (await SucceedAsync("completion", "bash")).Out);
        // What bash itself does at a tab: finds the function that complete bound, sets the words, and reads COMPREPLY.
        var found = await BashAsync($$"""
            source '{{script}}'
            [[ $(complete -p credbroker) =~ -F\ ([_a-z]+) ]] || exit 9
            typed='{{typed}}'
            read -ra COMP_WORDS <<< "$typed"
            [[ $typed == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$typed COMP_POINT=${#typed}
            "${BASH_REMATCH[1]}" credbroker "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        var words = found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (wanted.Length == 0) Assert.Empty(words);
        else Assert.All(wanted.Split(' '), word => Assert.Contains(word, words));
        if (typed[^1] != ' ') Assert.All(words, word => Assert.StartsWith(typed.Split(' ')[^1], word, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_script_names_every_verb_and_option(string shell)
    {
        var script = (await SucceedAsync("completion", shell)).Out;
        var nowhere = new Shell(() => Stream.Null, TextWriter.Null, TextWriter.Null, _ => null, TimeProvider.System, null);
        foreach (var place in CompletionWords.Of(CommandTree.Of(nowhere)))
        {
            Assert.Contains(place.Path, script, StringComparison.Ordinal);
            foreach (var word in place.Verbs.Concat(place.Options)) Assert.Contains(shell == "fish" ? word.Text.TrimStart('-') : word.Text, script, StringComparison.Ordinal);
        }

        // Nothing of a description can end the quotes that it stands in.
        Assert.Equal(0, script.Split('\n').Count(line => line.Count(c => c == '\'') % 2 == 1));
    }

    [Fact]
    public async Task Another_shell_is_a_mistake() => Assert.Equal(2, (await RunAsync("completion", "tcsh")).Code);

    private static async Task<string> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["--norc", "--noprofile", "-s"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var (output, error) = (bash.StandardOutput.ReadToEndAsync(), bash.StandardError.ReadToEndAsync());
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, await error);
        return await output;
    }
}
