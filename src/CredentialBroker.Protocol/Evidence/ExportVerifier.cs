namespace CredentialBroker.Protocol.Evidence;

/// <summary>What verification may hold an export against.</summary>
/// <param name="Keys">Keys that checkpoints must be signed with; without any, signatures are not looked at.</param>
/// <param name="Kept">Checkpoints that were kept elsewhere.</param>
public sealed record KeptEvidence(IReadOnlyList<VerificationKey> Keys, IReadOnlyList<Checkpoint> Kept);

/// <summary>
/// Verifies an export offline, in one pass: every chain, the tree over all records, and every checkpoint, in the export
/// and kept elsewhere. Names the first thing wrong.
/// </summary>
public static class ExportVerifier
{
    /// <summary>Reads the export to its end, or to the first thing wrong.</summary>
    public static async Task<ChainVerdict> VerifyAsync(Stream export, KeptEvidence against, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        ArgumentNullException.ThrowIfNull(against);
        var walk = new ExportWalk(against);
        if (walk.Problem is not null) return walk.Verdict();
        var blocks = new LineBlocks(export);
        var reading = new Queue<Task<ExportBlock>>();
        // Blocks are parsed and hashed side by side; what depends on order is done here, in order.
        for (var lines = 0L; ;)
        {
            while (reading.Count <= Environment.ProcessorCount && await NextAsync(blocks, walk, cancel) is { } block) reading.Enqueue(Task.Run(() => ExportBlock.Read(block), cancel));
            if (!reading.TryDequeue(out var next)) break;
            var read = await next;
            foreach (ref var line in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(read.Lines))
            {
                if (!walk.Take(ref line, lines + line.Line + 1)) return walk.Verdict();
            }

            lines += read.Count;
        }

        walk.End();
        return walk.Verdict();
    }

    private static async Task<ReadOnlyMemory<byte>?> NextAsync(LineBlocks blocks, ExportWalk walk, CancellationToken cancel)
    {
        try
        {
            return await blocks.NextAsync(cancel);
        }
        catch (InvalidDataException fault)
        {
            walk.Breaks(fault.Message);
            return null;
        }
    }
}
