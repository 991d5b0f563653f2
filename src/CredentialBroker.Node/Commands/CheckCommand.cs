using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Engine;

namespace CredentialBroker.Node.Commands;

/// <summary>Tells what is wrong with a configuration without starting anything.</summary>
internal sealed class CheckCommand(TextWriter to, TextWriter error, TimeProvider clock) : NodeCommand(to, error, clock,
    "check", "Report every mistake of the configuration, and whether the engine can be asked; start nothing.", "credbroker-node check", "credbroker-node check --config ./node.json")
{
    protected override async Task<int> RunAsync(NodeOptions options, TimeProvider clock, CancellationToken cancel)
    {
        To.WriteLine("the configuration holds");
        using var engine = new EngineClient(options.Engine.Socket);
        try
        {
            To.WriteLine($"the engine at {options.Engine.Socket} is version {await engine.VersionAsync(cancel)}");
        }
        catch (EngineException fault)
        {
            // It may well be that the engine waits for this plugin.
            Error.WriteLine($"warning: {Say.Printable(fault.Message)}");
        }

        foreach (var (name, caller) in options.Callers.Where(one => one.Value is { Anonymous: true, May.Length: > 0 })) Error.WriteLine($"warning: Callers:{name}: whoever can open the engine's socket may {string.Join(", ", caller.May)}, and no name of theirs is known");
        if (options.Engine.Exception is { } exception) Error.WriteLine($"warning: Engine:Exception: an engine that fails the self-test is used until {exception.Until:u}");
        return ExitCodes.Ok;
    }
}
