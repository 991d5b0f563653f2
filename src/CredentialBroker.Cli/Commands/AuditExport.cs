using System.CommandLine;
using CredentialBroker.Cli.Output;

namespace CredentialBroker.Cli.Commands;

/// <summary>All evidence as <c>audit verify</c> reads it: every record in the order of the tree, and at the end a checkpoint of all of them.</summary>
internal sealed class AuditExport : CliCommand
{
    private readonly ConnectionOptions _connection = new();
    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "FILE", Description = "Write to this file, readable by its owner only; it appears when it is whole. Else stdout." };

    public AuditExport(Shell shell)
        : base(shell, "export", "Export every audit record as NDJSON, ended by a signed checkpoint, fit to be verified offline.",
            "credbroker audit export --output audit.ndjson",
            "credbroker audit export | gzip > audit.ndjson.gz")
    {
        Add(_output);
        Share(_connection.All);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var connection = await _connection.OpenAsync(parsed, Shell, cancel);
        var count = parsed.GetValue(_output) is { } file
            ? await PrivateFile.WriteAsync(file, to => CopyAsync(connection, to, cancel))
            : await Shell.RawAsync(to => CopyAsync(connection, to, cancel));
        Shell.Say($"{count} records");
        return ExitCodes.Ok;
    }

    private static async Task<long> CopyAsync(Connection connection, Stream to, CancellationToken cancel)
    {
        await using var counted = new ExportTally(to);
        await connection.Broker.CopyEvidenceAsync(counted, cancel);
        return counted.EndsInCheckpoint ? counted.Records : throw CommandException.Fault("the export does not end in a checkpoint: it is not whole");
    }
}
