using System.CommandLine;
using CredentialBroker.Cli.Completions;

namespace CredentialBroker.Cli.Commands;

/// <summary>Prints a script that completes this program's verbs and options in a shell.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "One of bash, zsh and fish." };

    public CompletionCommand(Shell shell)
        : base(shell, "completion", "Print a script that completes verbs and options in a shell.",
            "credbroker completion bash > /etc/bash_completion.d/credbroker",
            "credbroker completion zsh > ~/.zfunc/_credbroker",
            "credbroker completion fish > ~/.config/fish/completions/credbroker.fish")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Add(_shell);
    }

    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var words = CompletionWords.Of(CommandTree.Of(Shell));
        Shell.Out.Write(parsed.GetRequiredValue(_shell) switch
        {
            "bash" => BashScript.Of(words),
            "zsh" => ZshScript.Of(words),
            _ => FishScript.Of(words),
        });
        return Task.FromResult(ExitCodes.Ok);
    }
}
