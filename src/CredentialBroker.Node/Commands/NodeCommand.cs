using System.CommandLine;
using CredentialBroker.Node.Configuration;

namespace CredentialBroker.Node.Commands;

/// <summary>A command: its name and help with examples, then what it does.</summary>
internal abstract class NodeCommand : Command
{
    private readonly Option<string> _config = new("--config") { HelpName = "FILE", Description = $"The configuration; variables {OptionsReader.Prefix}Section__Key go over it.", DefaultValueFactory = _ => "/etc/credbroker/node.json" };
    private readonly TimeProvider _clock;

    protected NodeCommand(TextWriter to, TextWriter error, TimeProvider clock, string name, string description, params string[] examples)
        : base(name, $"{description}\n\nExamples:\n{string.Join('\n', examples.Select(example => $"  {example}"))}")
    {
        (To, Error, _clock) = (to, error, clock);
        Add(_config);
        SetAction((parsed, cancel) => RunAsync(Read(parsed.GetValue(_config)!), clock, cancel));
    }

    protected TextWriter To { get; }

    protected TextWriter Error { get; }

    protected abstract Task<int> RunAsync(NodeOptions options, TimeProvider clock, CancellationToken cancel);

    /// <summary>Tells every mistake of the configuration and ends the command.</summary>
    private NodeOptions Read(string file)
    {
        var (options, mistakes) = OptionsReader.Read(file, _clock);
        if (mistakes.Count == 0) return options;
        foreach (var mistake in mistakes) Error.WriteLine(Say.Printable(mistake));
        throw CommandException.Usage($"{mistakes.Count} mistake{(mistakes.Count == 1 ? "" : "s")}; nothing was started");
    }
}
