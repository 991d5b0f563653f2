using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Commands;

/// <summary>Every audit record, one JSON object to a line, as <c>audit verify</c> reads it.</summary>
internal sealed class AuditExport : CliCommand
{
    private readonly ConnectionOptions _connection = new();
    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "FILE", Description = "Write to this file, readable by its owner only; it appears when it is whole. Else stdout." };

    public AuditExport(Shell shell)
        : base(shell, "export", "Export every audit record as NDJSON, fit to be verified offline.",
            "credbroker audit export --output audit.ndjson",
            "credbroker audit export | gzip > audit.ndjson.gz")
    {
        Add(_output);
        Share(_connection.All);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var connection = await _connection.OpenAsync(parsed, Shell, cancel);
        var records = connection.Broker.ReadAuditAsync(new AuditFilter(), cancel);
        var count = parsed.GetValue(_output) is { } file ? await ToFileAsync(records, file, cancel) : await WriteAsync(records, Shell.Out, cancel);
        Shell.Say($"{count} records");
        return ExitCodes.Ok;
    }

    private static async Task<long> ToFileAsync(IAsyncEnumerable<AuditLine> records, string file, CancellationToken cancel)
    {
        var partial = $"{file}.partial";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(partial);
        long count;
        await using (var writer = new StreamWriter(partial, options) { NewLine = "\n" }) count = await WriteAsync(records, writer, cancel);
        File.Move(partial, file, overwrite: true);
        return count;
    }

    private static async Task<long> WriteAsync(IAsyncEnumerable<AuditLine> records, TextWriter to, CancellationToken cancel)
    {
        var count = 0L;
        await foreach (var line in records.WithCancellation(cancel))
        {
            await to.WriteLineAsync(System.Text.Json.JsonSerializer.Serialize(line, ProtocolJson.Default.AuditLine).AsMemory(), cancel);
            count++;
        }

        return count;
    }
}
