using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>The keys that checkpoints and bundles are verified with. Fetch them once, over a way you trust, and keep them.</summary>
internal sealed class AuditKey : CliCommand
{
    private readonly ConnectionOptions _connection = new();

    public AuditKey(Shell shell)
        : base(shell, "key", "Print the verification keys of the evidence, one to a line.", "credbroker audit key > evidence.vkey") => Share(_connection.All);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var connection = await _connection.OpenAsync(parsed, Shell, cancel);
        await Shell.Out.WriteAsync((await connection.Broker.GetEvidenceKeysAsync(cancel)).AsMemory(), cancel);
        return ExitCodes.Ok;
    }
}

/// <summary>Signed checkpoints.</summary>
internal sealed class AuditCheckpoint : BrokerCommand
{
    private readonly Option<int> _count = new("--count", "-n") { HelpName = "N", Description = "How many of the newest; 1 unless told.", DefaultValueFactory = _ => 1 };

    public AuditCheckpoint(Shell shell)
        : base(shell, "checkpoint", "Print the newest signed checkpoints, to be kept elsewhere.", "credbroker audit checkpoint > /mnt/elsewhere/checkpoint")
    {
        _count.MustBeAtLeastOne();
        Add(_count);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListCheckpointsAsync(parsed.GetValue(_count), cancel), ProtocolJson.Default.CheckpointList,
            (shell, list) => shell.Out.Write(string.Join('\n', list.Items.Select(item => item.Note))));
        return ExitCodes.Ok;
    }
}
