using System.CommandLine;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Uses;

namespace CredentialBroker.Cli.Commands;

/// <summary>What logs tell of one lease.</summary>
internal sealed class LeaseUses : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The lease.");

    public LeaseUses(Shell shell)
        : base(shell, "uses", "List what targets' logs say was done with a lease's credential, oldest first.", "credbroker lease uses 06bq2wz7v1e8k3m5n9p0r4s6t8") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListUsesAsync(parsed.GetRequiredValue(_id), cancel), ProtocolJson.Default.UseList, (shell, list) =>
        {
            var table = new Table("AT", "LOG", "ACTION", "FROM", "ALLOWED", "AFTER END");
            foreach (var one in list.Uses) table.Add(Times.Of(one.At), one.Log, one.Action, one.Address, one.Allowed ? "yes" : "no", one.AfterEnd ? "yes" : "no");
            table.Write(shell);
        });
        return ExitCodes.Ok;
    }
}

/// <summary>Hands log files in, in pieces that the broker takes.</summary>
internal sealed class UseHandIn : BrokerCommand
{
    private const int Piece = 4 * 1024 * 1024;

    private readonly Argument<string> _log = new("LOG") { Description = "cloudtrail, vault or postgres." };
    private readonly Argument<string[]> _files = new("FILE") { Description = "Files of that log, also packed as .gz.", Arity = ArgumentArity.OneOrMore };

    public UseHandIn(Shell shell)
        : base(shell, "hand-in", "Hand in targets' logs, to be matched with leases. Handing the same in again does no harm. Exit code 5 when a credential was honoured after its lease was over.",
            "credbroker uses hand-in cloudtrail 123456789012_CloudTrail_eu-west-1_*.json.gz", "credbroker uses hand-in postgres postgresql.json")
    {
        Add(_log);
        Add(_files);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var log = parsed.GetRequiredValue(_log);
        var sum = new UseReceipt(0, 0, 0, 0, 0);
        foreach (var file in parsed.GetRequiredValue(_files))
        {
            await foreach (var piece in PiecesAsync(log, file, cancel))
            {
                var one = await broker.HandInUsesAsync(log, piece, cancel);
                sum = new UseReceipt(sum.Taken + one.Taken, sum.Known + one.Known, sum.Others + one.Others, sum.AfterEnd + one.AfterEnd, sum.Elsewhere + one.Elsewhere);
            }

            Shell.Say($"{file}: {sum.Taken} uses taken so far");
        }

        Output.Write(Shell, parsed, sum, ProtocolJson.Default.UseReceipt, (shell, one) => Details.Write(shell,
            ("taken", $"{one.Taken}"), ("known", $"{one.Known}"), ("others", $"{one.Others}"), ("after end", $"{one.AfterEnd}"), ("elsewhere", $"{one.Elsewhere}")));
        return sum.AfterEnd > 0 ? ExitCodes.NotAllDead : ExitCodes.Ok;
    }

    private static async IAsyncEnumerable<byte[]> PiecesAsync(string log, string file, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var stream = Open(file);
        if (log == "cloudtrail")
        {
            foreach (var records in await RecordsAsync(file, stream, cancel)) yield return records;
            yield break;
        }

        using var lines = new StreamReader(stream);
        using var piece = new MemoryStream();
        while (await lines.ReadLineAsync(cancel) is { } line)
        {
            piece.Write(Encoding.UTF8.GetBytes(line));
            piece.WriteByte((byte)'\n');
            if (piece.Length < Piece) continue;
            yield return piece.ToArray();
            piece.SetLength(0);
        }

        if (piece.Length > 0) yield return piece.ToArray();
    }

    private static async Task<List<byte[]>> RecordsAsync(string file, Stream stream, CancellationToken cancel)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(stream, default, cancel);
            if (!document.RootElement.TryGetProperty("Records", out var records) || records.ValueKind != JsonValueKind.Array) throw CommandException.Usage($"{file}: no CloudTrail log: it has no list Records");
            return [.. records.EnumerateArray().Chunk(1000).Select(slice => Encoding.UTF8.GetBytes($"{{\"Records\":[{string.Join(',', slice.Select(record => record.GetRawText()))}]}}"))];
        }
        catch (JsonException fault)
        {
            throw CommandException.Usage($"{file}: no JSON: {fault.Message}");
        }
    }

    private static Stream Open(string file)
    {
        try
        {
            var stream = File.OpenRead(file);
            return file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"{file}: {fault.Message}");
        }
    }
}
