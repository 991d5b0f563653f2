using System.CommandLine;
using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>A command: its name and help, then what it does.</summary>
internal abstract class SidecarCommand : Command
{
    protected SidecarCommand(Surroundings around, string name, string description)
        : base(name, description)
    {
        Around = around;
        SetAction(RunAsync);
    }

    protected Surroundings Around { get; }

    protected abstract Task<int> RunAsync(ParseResult parsed, CancellationToken cancel);

    /// <summary>Tells every mistake of a configuration and ends the command.</summary>
    protected void Demand(IReadOnlyList<string> mistakes)
    {
        if (mistakes.Count == 0) return;
        foreach (var mistake in mistakes) Around.Error.WriteLine(Say.Printable(mistake));
        throw CommandException.Usage($"{mistakes.Count} mistake{(mistakes.Count == 1 ? "" : "s")}; nothing was started");
    }

    protected static Option<string> ConfigOption() => new("--config") { HelpName = "FILE", Description = "The configuration.", DefaultValueFactory = _ => "/etc/credbroker/sidecar.json" };

    protected SidecarOptions Read(string file)
    {
        var options = OptionsFile.Read(file);
        options.FillFrom(Around);
        Demand(options.Validate());
        return options;
    }
}
