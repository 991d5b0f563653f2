namespace CredentialBroker.Protocol.Evidence;

/// <summary>Everything about an export that depends on the order of its lines.</summary>
internal sealed class ExportWalk
{
    private readonly ChainWalk _chains = new();
    private readonly IReadOnlyList<VerificationKey> _keys;
    private readonly Queue<Checkpoint> _kept;
    private TreeFrontier? _tree;
    private long _first;
    private string? _origin;
    private string? _later;
    private long? _agreed;
    private bool _signed;
    private int _unchecked;
    private (long Chain, long Seq, HashBytes Hash)? _last;

    public ExportWalk(KeptEvidence against)
    {
        _keys = against.Keys;
        _kept = new Queue<Checkpoint>(against.Kept.OrderBy(c => c.Size));
        foreach (var kept in _kept)
        {
            if (Judge(kept) is { } problem) Problem ??= $"the checkpoint kept elsewhere, of {kept.Size} records: {problem}";
        }
    }

    public string? Problem { get; private set; }

    public long Records { get; private set; }

    public ChainVerdict Verdict() => new(Records, _chains.Chains, Problem, _agreed, _signed, _unchecked,
        _last is { } last ? new ChainHead(last.Chain, last.Seq, Convert.ToHexStringLower(last.Hash)) : null);

    /// <summary>The stream itself is at fault; told when all before it was taken.</summary>
    public void Breaks(string why) => _later = why;

    /// <returns>False when something is wrong.</returns>
    public bool Take(ref ExportedLine line, long number)
    {
        Problem = line.Kind switch
        {
            LineKind.Record => Record(ref line, number),
            LineKind.Checkpoint => Stated(line.Text!, number),
            LineKind.Absent => Resume(line.Absent!, number),
            _ => $"line {number}: is not an audit record: {line.Text}",
        };
        return Problem is null;
    }

    public void End()
    {
        Problem ??= _later;
        if (Problem is null && _kept.TryPeek(out var kept))
        {
            Problem = _tree is null
                ? "the records do not say their positions, so that no checkpoint can be compared: export them anew"
                : $"position {_tree.Size}: missing: a checkpoint kept elsewhere covers {kept.Size} records, this export ends after {_tree.Size}";
        }
    }

    private string? Record(ref ExportedLine line, long number)
    {
        Records++;
        var where = ChainWalk.Name(line.Chain, line.Seq);
        if (_chains.Place(line.Chain, line.Seq) is { } misplaced) return misplaced;
        if (!line.Linked)
        {
            HashBytes computed = default;
            ChainHash.Of(_chains.Previous(line.Chain), line.Seq, line.Body, computed);
            if (!((ReadOnlySpan<byte>)computed).SequenceEqual(line.Hash)) return $"{where}: its hash does not match its content and place";
        }

        var body = line.Body;
        if (_chains.Take(line.Chain, line.Seq, line.Hash, () => ChainStart.Read(body)) is { } start) return start;
        _last = (line.Chain, line.Seq, line.Hash);
        if (Records == 1 && line.Position >= 0) _tree ??= new TreeFrontier();
        if ((_tree is null) != (line.Position < 0)) return $"line {number}: {where}: some records say their position and some do not";
        if (_tree is null) return null;
        if (line.Position != _tree.Size) return $"{where}: says position {line.Position}, but stands at {_tree.Size}: records are missing, inserted or not in order";
        _tree.Add(line.Leaf);
        return Kept();
    }

    private string? Stated(string note, long number)
    {
        Checkpoint stated;
        try
        {
            stated = Checkpoint.Parse(note);
        }
        catch (InvalidDataException fault)
        {
            return $"line {number}: {fault.Message}";
        }

        var where = $"line {number}: the checkpoint of {stated.Size} records";
        if (Judge(stated) is { } problem) return $"{where}: {problem}";
        if (stated.Size != (_tree?.Size ?? 0)) return $"{where}: stands after {_tree?.Size ?? 0}: records are missing or inserted before it";
        return Agree(stated) ? null : $"{where}: has another root than these records: some at or before position {stated.Size - 1}{Since()} are not those that it covers";
    }

    private string? Resume(AbsentRecords absent, long number)
    {
        if (Records > 0 || _tree is not null) return $"line {number}: what was dropped is said after the beginning";
        try
        {
            _tree = new TreeFrontier(absent.Size, [.. absent.Frontier.Select(StrictBase64.Decode)]);
            foreach (var head in absent.Chains.OrderBy(c => c.Chain)) _chains.Resume(head.Chain, head.Seq, Convert.FromHexString(head.Hash));
        }
        catch (Exception fault) when (fault is InvalidDataException or FormatException or ArgumentException)
        {
            return $"line {number}: what was dropped is not well said: {fault.Message}";
        }

        _first = absent.Size;
        while (_kept.TryPeek(out var kept) && kept.Size < _first)
        {
            _kept.Dequeue();
            _unchecked++;
        }

        return Kept();
    }

    /// <summary>Compares what was kept elsewhere as soon as the tree is as large.</summary>
    private string? Kept()
    {
        while (_kept.TryPeek(out var kept) && kept.Size == _tree!.Size)
        {
            _kept.Dequeue();
            if (!Agree(kept)) return $"the checkpoint kept elsewhere, of {kept.Size} records, has another root than these: some at or before position {kept.Size - 1}{Since()} were changed or written anew";
        }

        return null;
    }

    private bool Agree(Checkpoint checkpoint)
    {
        if (!(_tree ?? new TreeFrontier()).Root().AsSpan().SequenceEqual(checkpoint.Root.Span)) return false;
        (_agreed, _signed) = (checkpoint.Size, _keys.Count > 0);
        return true;
    }

    private string Since() => _agreed is { } size ? $", from position {size} on," : "";

    /// <summary>Whose it is.</summary>
    private string? Judge(Checkpoint checkpoint)
    {
        if ((_origin ??= checkpoint.Origin) != checkpoint.Origin) return $"is of the log '{checkpoint.Origin}', not '{_origin}'";
        return _keys.Count > 0 && checkpoint.SignerAmong(_keys) is null ? "bears no signature of a key that was given" : null;
    }
}
