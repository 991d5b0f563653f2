namespace CredentialBroker.TestInfra;

internal enum TcpProxyFaultKind
{
    CutBefore,
    CutAfter,
    LoseAnswer,
    SwallowAnswers,
    Hold,
    Detach,
}

/// <summary>One armed fault: what to do, once, on the first bytes from a client that contain the pattern.</summary>
internal sealed class TcpProxyFault
{
    /// <summary>How many earlier bytes a connection remembers, so that a pattern split over two reads is found.</summary>
    public const int Remembered = 1024;

    private readonly byte[] _pattern;

    public TcpProxyFault(TcpProxyFaultKind kind, byte[] pattern)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pattern.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pattern.Length, Remembered);
        (Kind, _pattern) = (kind, pattern);
    }

    public TcpProxyFaultKind Kind { get; }

    public TaskCompletionSource Fired { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True when the pattern ends in this chunk; what ended in earlier bytes was not meant.</summary>
    public bool Matches(ReadOnlySpan<byte> earlier, ReadOnlySpan<byte> chunk)
    {
        if (chunk.IndexOf(_pattern) >= 0)
        {
            return true;
        }

        var tail = earlier[Math.Max(0, earlier.Length - (_pattern.Length - 1))..];
        var head = chunk[..Math.Min(chunk.Length, _pattern.Length - 1)];
        Span<byte> seam = stackalloc byte[2 * Remembered];
        tail.CopyTo(seam);
        head.CopyTo(seam[tail.Length..]);
        return seam[..(tail.Length + head.Length)].IndexOf(_pattern) >= 0;
    }
}
