using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using System.Runtime.CompilerServices;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Commands;

/// <summary>Recomputes every chain and names the first bad record. With a file it needs no broker.</summary>
internal sealed class AuditVerify : CliCommand
{
    private readonly ConnectionOptions _connection = new();
    private readonly OutputOptions _format = new();
    private readonly Argument<string?> _file = new("FILE") { Description = "An export; - reads stdin. Without it, the broker is asked.", Arity = ArgumentArity.ZeroOrOne };
    private AuditLine? _last;

    public AuditVerify(Shell shell)
        : base(shell, "verify", "Verify audit records, offline when a file is named. Exit code 1 names the first bad record.",
            "credbroker audit verify audit.ndjson",
            "credbroker audit verify")
    {
        Add(_file);
        Share(_format.Json);
        Share(_connection.All);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var verdict = parsed.GetValue(_file) is { } file ? await OfFileAsync(file, cancel) : await OfBrokerAsync(parsed, cancel);
        if (verdict.Records == 0) throw CommandException.Fault("there are no records to verify");
        if (parsed.GetValue(_format.Json)) JsonOut.Write(Shell, verdict, ProtocolJson.Default.ChainVerdict);
        if (verdict.Problem is { } problem) throw CommandException.Fault($"audit records do not verify: {problem}");
        if (!parsed.GetValue(_format.Json)) Shell.Out.WriteLine($"{Count(verdict.Records, "record")} in {Count(verdict.Chains, "chain")} verified");
        // What was cut off at the very end leaves no trace in what remains.
        Shell.Say($"the newest is chain {_last!.Chain} record {_last.Seq}, hash {_last.Hash}: compare it with one kept elsewhere");
        return ExitCodes.Ok;
    }

    private static string Count(long number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    private async Task<ChainVerdict> OfFileAsync(string file, CancellationToken cancel)
    {
        await using var stream = file == "-" ? Shell.In() : File.OpenRead(file);
        return await VerifyAsync(AuditLines.ReadAsync(stream, cancel), cancel);
    }

    private async Task<ChainVerdict> OfBrokerAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var connection = await _connection.OpenAsync(parsed, Shell, cancel);
        return await VerifyAsync(connection.Broker.ReadAuditAsync(new AuditFilter(), cancel), cancel);
    }

    private async Task<ChainVerdict> VerifyAsync(IAsyncEnumerable<AuditLine> lines, CancellationToken cancel)
    {
        try
        {
            return await ChainVerifier.VerifyAsync(Remembering(lines, cancel), cancel);
        }
        catch (InvalidDataException fault)
        {
            throw CommandException.Fault($"audit records do not verify: {fault.Message}", fault);
        }
    }

    private async IAsyncEnumerable<AuditLine> Remembering(IAsyncEnumerable<AuditLine> lines, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var line in lines.WithCancellation(cancel))
        {
            _last = line;
            yield return line;
        }
    }
}
