using System.CommandLine;
using CredentialBroker.Cli.Help;

namespace CredentialBroker.Cli.Commands;

/// <summary>Which version this is.</summary>
internal sealed class PrintVersionCommand(Shell shell) : CliCommand(shell, "version", "Print the version.", "credbroker version")
{
    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        Shell.Out.WriteLine(ProductVersion.Text);
        return Task.FromResult(ExitCodes.Ok);
    }
}
