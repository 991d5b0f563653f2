using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Commands;

/// <summary>Recomputes every chain, the tree and every checkpoint, and names the first thing wrong. With a file it needs no broker.</summary>
internal sealed class AuditVerify : CliCommand
{
    private readonly ConnectionOptions _connection = new();
    private readonly OutputOptions _format = new();
    private readonly Argument<string[]> _files = new("FILE") { Description = "An export, its parts in order, or the folder they are in; - reads stdin. Without it, the broker is asked.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _checkpoints = new("--checkpoint") { HelpName = "FILE", Description = "A checkpoint that was kept elsewhere; may be given more than once. Finds what was cut off or written anew." };
    private readonly Option<string[]> _keys = new("--key") { HelpName = "FILE", Description = "Verification keys, as `audit key` prints them; every checkpoint must bear a signature of one." };

    public AuditVerify(Shell shell)
        : base(shell, "verify", "Verify audit records, offline when a file is named. Exit code 1 names the first bad record.",
            "credbroker audit verify audit.ndjson --key evidence.vkey --checkpoint /mnt/elsewhere/checkpoint-0000000000004711",
            "credbroker audit verify")
    {
        Add(_files);
        Add(_checkpoints);
        Add(_keys);
        Share(_format.Json);
        Share(_connection.All);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var keys = await EvidenceFiles.KeysAsync(parsed.GetValue(_keys) ?? [], Shell, cancel);
        var against = new KeptEvidence(keys, await EvidenceFiles.CheckpointsAsync(parsed.GetValue(_checkpoints) ?? [], Shell, cancel));
        var verdict = parsed.GetValue(_files) is { Length: > 0 } files ? await OfFilesAsync(files, against, cancel) : await OfBrokerAsync(parsed, against, cancel);
        if (verdict.Records == 0 && verdict.Problem is null) throw CommandException.Fault("there are no records to verify");
        if (parsed.GetValue(_format.Json)) JsonOut.Write(Shell, verdict, ProtocolJson.Default.ChainVerdict);
        if (verdict.Problem is { } problem) throw CommandException.Fault($"audit records do not verify: {problem}");
        if (!parsed.GetValue(_format.Json)) Shell.Out.WriteLine($"{Count(verdict.Records, "record")} in {Count(verdict.Chains, "chain")} verified");
        Explain(verdict);
        return ExitCodes.Ok;
    }

    private void Explain(ChainVerdict verdict)
    {
        if (verdict.Size is { } size)
        {
            Shell.Say($"they agree with the checkpoint of {Count(size, "record")}{(verdict.SignatureChecked ? ", and its signature holds" : "; its signature was not looked at, since no --key was given")}");
        }

        if (verdict.Unchecked > 0) Shell.Say($"{Count(verdict.Unchecked, "checkpoint")} kept elsewhere covers only records that were dropped since, and says nothing about these");
        // What was cut off at the very end leaves no trace in what remains.
        if (verdict.Newest is { } newest) Shell.Say($"the newest is chain {newest.Chain} record {newest.Seq}, hash {newest.Hash}: a checkpoint kept elsewhere shows whether more came after it");
    }

    private static string Count(long number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    private async Task<ChainVerdict> OfFilesAsync(string[] files, KeptEvidence against, CancellationToken cancel)
    {
        await using var stream = EvidenceFiles.Open(files, Shell);
        return await ExportVerifier.VerifyAsync(stream, against, cancel);
    }

    private async Task<ChainVerdict> OfBrokerAsync(ParseResult parsed, KeptEvidence against, CancellationToken cancel)
    {
        using var connection = await _connection.OpenAsync(parsed, Shell, cancel);
        var pipe = new System.IO.Pipelines.Pipe();
        using var found = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var copy = CopyAsync(connection, pipe.Writer, found.Token);
        var verdict = await ExportVerifier.VerifyAsync(pipe.Reader.AsStream(), against, cancel);
        // What comes after the first thing wrong is not asked for.
        if (verdict.Problem is not null) await found.CancelAsync();
        await copy.ConfigureAwait(verdict.Problem is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing);
        return verdict;
    }

    private static async Task CopyAsync(Connection connection, System.IO.Pipelines.PipeWriter to, CancellationToken cancel)
    {
        try
        {
            await using (var stream = to.AsStream(leaveOpen: true)) await connection.Broker.CopyEvidenceAsync(stream, cancel);
            await to.CompleteAsync();
        }
        catch (Exception fault)
        {
            // Whoever reads learns why nothing more comes.
            await to.CompleteAsync(fault);
            throw;
        }
    }
}
