using System.CommandLine;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Tells what is wrong with a configuration without starting anything.</summary>
internal sealed class CheckCommand : SidecarCommand
{
    private readonly Option<string> _config = ConfigOption();

    public CheckCommand(Surroundings around)
        : base(around, "check", "Report every mistake of the configuration, and start nothing.") => Add(_config);

    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        Read(parsed.GetValue(_config)!);
        Around.Out.WriteLine("the configuration holds");
        return Task.FromResult(ExitCodes.Ok);
    }
}
