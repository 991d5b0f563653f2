using System.Globalization;
using System.Text;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// A signed statement of how large the audit tree was and what its root was (C2SP tlog-checkpoint): origin, size and root
/// on a line each, an empty line, and signature lines (C2SP signed-note). Whoever keeps one elsewhere can tell later
/// whether the records up to it were changed, cut off or written anew.
/// </summary>
public sealed class Checkpoint
{
    private const string Dash = "\u2014 ";

    private readonly IReadOnlyList<(string Name, byte[] KeyId, byte[] Signature)> _signatures;

    private Checkpoint(string origin, long size, byte[] root, string note, string text, IReadOnlyList<(string, byte[], byte[])> signatures)
    {
        (Origin, Size, Root, Note, Text, _signatures) = (origin, size, root, note, text, signatures);
    }

    /// <summary>Name of the log.</summary>
    public string Origin { get; }

    /// <summary>Number of records.</summary>
    public long Size { get; }

    /// <summary>Root of the tree of so many records.</summary>
    public ReadOnlyMemory<byte> Root { get; }

    /// <summary>The whole of it, with signatures.</summary>
    public string Note { get; }

    /// <summary>What is signed.</summary>
    public string Text { get; }

    /// <summary>The text that is to be signed.</summary>
    public static string TextOf(string origin, long size, ReadOnlySpan<byte> root) =>
        string.Create(CultureInfo.InvariantCulture, $"{origin}\n{size}\n{Convert.ToBase64String(root)}\n");

    /// <summary>The whole of it from the text and a signature over it.</summary>
    /// <param name="text">What was signed.</param>
    /// <param name="key">The key that signed.</param>
    /// <param name="signature">DER.</param>
    public static string NoteOf(string text, VerificationKey key, ReadOnlySpan<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(key);
        return $"{text}\n{Dash}{key.Name} {Convert.ToBase64String([.. key.Id.Span, .. signature])}\n";
    }

    /// <summary>Reads one; says nothing about who signed it.</summary>
    /// <exception cref="InvalidDataException">The text is no checkpoint.</exception>
    public static Checkpoint Parse(string note)
    {
        ArgumentNullException.ThrowIfNull(note);
        var end = note.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !note.EndsWith('\n')) throw new InvalidDataException("a checkpoint has a text, an empty line and signatures");
        var text = note[..(end + 1)];
        // Extension lines may follow the root; they are signed like the rest, and mean nothing here.
        if (text.Split('\n') is not [{ Length: > 0 } origin, var size, var root, ..]
            || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var leaves)
            || leaves.ToString(CultureInfo.InvariantCulture) != size
            || StrictBase64.Hash(root) is not { } hash)
        {
            throw new InvalidDataException("a checkpoint begins with origin, size and root");
        }

        return new Checkpoint(origin, leaves, hash, note, text, [.. note[(end + 2)..^1].Split('\n').Select(Signature)]);
    }

    /// <summary>The key among those given that signed it; null when none did.</summary>
    public VerificationKey? SignerAmong(IEnumerable<VerificationKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var text = Encoding.UTF8.GetBytes(Text);
        return keys.FirstOrDefault(key => key.Name == Origin
            && _signatures.Any(s => s.Name == key.Name && key.Id.Span.SequenceEqual(s.KeyId) && key.Verify(text, s.Signature)));
    }

    private static (string, byte[], byte[]) Signature(string line)
    {
        if (!line.StartsWith(Dash, StringComparison.Ordinal) || line[Dash.Length..].Split(' ') is not [{ Length: > 0 } name, var rest]
            || StrictBase64.Decode(rest) is not { Length: > 4 } bytes)
        {
            throw new InvalidDataException("a checkpoint's signature is a dash, a name and base64");
        }

        return (name, bytes[..4], bytes[4..]);
    }
}

/// <summary>Signed checkpoints.</summary>
/// <param name="Items">Newest first.</param>
public sealed record CheckpointList(IReadOnlyList<CheckpointView> Items);

/// <summary>A signed checkpoint as the broker keeps it.</summary>
/// <param name="Size">Number of records.</param>
/// <param name="At">When it was signed.</param>
/// <param name="Note">The whole of it.</param>
public sealed record CheckpointView(long Size, DateTimeOffset At, string Note);
