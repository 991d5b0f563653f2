using System.CommandLine;
using System.CommandLine.Invocation;

namespace CredentialBroker.Cli.Help;

/// <summary><c>--help</c>: what was asked for, so it goes to stdout.</summary>
internal sealed class PrintHelp(Shell shell) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        HelpText.Write(parseResult.CommandResult.Command, shell.Out);
        return ExitCodes.Ok;
    }
}

/// <summary><c>--version</c>.</summary>
internal sealed class PrintVersion(Shell shell) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        shell.Out.WriteLine(ProductVersion.Text);
        return ExitCodes.Ok;
    }
}
