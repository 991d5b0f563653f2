using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>The bytes of one hash, held in place.</summary>
[InlineArray(MerkleTree.HashSize)]
internal struct HashBytes
{
    private byte _first;
}

internal enum LineKind
{
    Record,
    Checkpoint,
    Absent,
    /// <summary>Not a line of an export; nothing after it was read.</summary>
    Broken,
}

/// <summary>One line of an export, with all hashes that can be computed without the lines of other blocks.</summary>
internal struct ExportedLine
{
    public LineKind Kind;
    /// <summary>Number of the line in its block, from 0.</summary>
    public int Line;
    /// <summary>Place in the tree; -1 where the line does not say.</summary>
    public long Position;
    public long Chain;
    public long Seq;
    public HashBytes Hash;
    public HashBytes Leaf;
    /// <summary>Its hash follows from the line of its chain before it, in this block.</summary>
    public bool Linked;
    /// <summary>The record, where the previous hash stands in another block, and at a chain's beginning.</summary>
    public byte[]? Body;
    /// <summary>Of a checkpoint, or why the line is none.</summary>
    public string? Text;
    public AbsentRecords? Absent;
}

/// <summary>Reads a block of lines. Blocks know nothing of each other, so that any number are read at once.</summary>
internal sealed class ExportBlock
{
    private readonly Dictionary<long, int> _newest = [];
    private byte[] _body = new byte[4096];

    public List<ExportedLine> Lines { get; } = [];

    /// <summary>How many lines the block has, empty ones among them.</summary>
    public int Count { get; private set; }

    public static ExportBlock Read(ReadOnlyMemory<byte> block)
    {
        var read = new ExportBlock();
        var rest = block.Span;
        while (true)
        {
            var feed = rest.IndexOf((byte)'\n');
            var line = feed < 0 ? rest : rest[..feed];
            if (!line.Trim(" \t\r"u8).IsEmpty && !read.Take(line)) return read;
            read.Count++;
            if (feed < 0) return read;
            rest = rest[(feed + 1)..];
        }
    }

    private bool Take(ReadOnlySpan<byte> text)
    {
        var line = new ExportedLine { Line = Count, Position = -1 };
        try
        {
            var body = Parse(text, ref line);
            if (line.Kind == LineKind.Record) Compute(ref line, body);
        }
        catch (Exception fault) when (fault is JsonException or InvalidDataException or InvalidOperationException or FormatException)
        {
            (line.Kind, line.Text) = (LineKind.Broken, fault.Message);
        }

        Lines.Add(line);
        return line.Kind != LineKind.Broken;
    }

    private void Compute(ref ExportedLine line, ReadOnlySpan<byte> body)
    {
        if (line.Seq != 0 && _newest.TryGetValue(line.Chain, out var before) && Lines[before].Seq == line.Seq - 1)
        {
            HashBytes computed = default;
            HashBytes previous = Lines[before].Hash;
            ChainHash.Of(previous, line.Seq, body, computed);
            line.Linked = ((ReadOnlySpan<byte>)computed).SequenceEqual(line.Hash);
        }

        // What does not link here is looked at again where all that came before is known.
        if (!line.Linked) line.Body = body.ToArray();
        _newest[line.Chain] = Lines.Count;
        MerkleTree.RecordLeaf(line.Chain, line.Seq, line.Hash, line.Leaf);
    }

    /// <summary>Every member once and no other. Returns the record's bytes, good until the next line.</summary>
    private ReadOnlySpan<byte> Parse(ReadOnlySpan<byte> text, ref ExportedLine line)
    {
        var reader = new Utf8JsonReader(text);
        var (seen, length) = (0, 0);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("no JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Member(ref reader);
            if ((seen & member) != 0) throw new JsonException("a member stands twice");
            seen |= member;
            reader.Read();
            switch (member)
            {
                case Position: line.Position = Number(ref reader); break;
                case Chain: line.Chain = Number(ref reader); break;
                case Seq: line.Seq = Number(ref reader); break;
                case Hash: line.Hash = Hexadecimal(ref reader); break;
                case Body: length = Copy(ref reader); break;
                case Checkpoint: line.Text = reader.GetString() ?? throw new JsonException("the checkpoint is null"); break;
                default: line.Absent = JsonSerializer.Deserialize(ref reader, ProtocolJson.Default.AbsentRecords) ?? throw new JsonException("absent is null"); break;
            }
        }

        if (reader.Read()) throw new JsonException("more than one JSON value");
        line.Kind = seen switch
        {
            Chain | Seq | Hash | Body or Chain | Seq | Hash | Body | Position => LineKind.Record,
            Checkpoint => LineKind.Checkpoint,
            Absent => LineKind.Absent,
            _ => throw new JsonException("neither record nor checkpoint"),
        };
        return _body.AsSpan(0, length);
    }

    private const int Position = 1, Chain = 2, Seq = 4, Hash = 8, Body = 16, Checkpoint = 32, Absent = 64;

    private static int Member(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("position"u8)) return Position;
        if (reader.ValueTextEquals("chain"u8)) return Chain;
        if (reader.ValueTextEquals("seq"u8)) return Seq;
        if (reader.ValueTextEquals("hash"u8)) return Hash;
        if (reader.ValueTextEquals("body"u8)) return Body;
        if (reader.ValueTextEquals("checkpoint"u8)) return Checkpoint;
        return reader.ValueTextEquals("absent"u8) ? Absent : throw new JsonException("an unknown member");
    }

    private static long Number(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number >= 0 ? number : throw new JsonException("a number is none");

    /// <summary>One spelling only: a hash in capitals is another text.</summary>
    private static HashBytes Hexadecimal(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.Length != 2 * MerkleTree.HashSize
            || reader.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'f') || reader.ValueSpan.ContainsAnyInRange((byte)'A', (byte)'Z'))
        {
            throw new JsonException("a hash is not 64 lower-case hexadecimal digits");
        }

        Span<char> digits = stackalloc char[2 * MerkleTree.HashSize];
        Encoding.ASCII.GetChars(reader.ValueSpan, digits);
        HashBytes hash = default;
        return Convert.FromHexString(digits, hash, out _, out _) == System.Buffers.OperationStatus.Done ? hash : throw new JsonException("a hash is not hexadecimal");
    }

    private int Copy(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String) throw new JsonException("the body is no text");
        if (_body.Length < reader.ValueSpan.Length) _body = new byte[reader.ValueSpan.Length * 2];
        return reader.CopyString(_body);
    }
}
