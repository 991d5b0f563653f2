using System.CommandLine;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>A command that does something: its name, its help and command lines that work, then what it does.</summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(Shell shell, string name, string description, params string[] examples)
        : base(name, description)
    {
        (Shell, Examples) = (shell, examples);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples { get; }

    /// <summary>Options that many commands share; shown last.</summary>
    public List<Option> Shared { get; } = [];

    protected Shell Shell { get; }

    protected abstract Task<int> RunAsync(ParseResult parsed, CancellationToken cancel);

    protected void Share(params Option[] options)
    {
        foreach (var option in options)
        {
            Add(option);
            Shared.Add(option);
        }
    }
}

/// <summary>A command that asks the broker.</summary>
internal abstract class BrokerCommand : CliCommand
{
    protected BrokerCommand(Shell shell, string name, string description, params string[] examples)
        : base(shell, name, description, examples)
    {
        Share(Output.Json);
        Share(Connection.All);
    }

    protected ConnectionOptions Connection { get; } = new();

    protected OutputOptions Output { get; } = new();

    protected abstract Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel);

    protected sealed override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var connection = await Connection.OpenAsync(parsed, Shell, cancel);
        return await RunAsync(connection.Broker, parsed, cancel);
    }
}
