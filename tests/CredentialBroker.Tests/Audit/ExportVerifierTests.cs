using System.Buffers;
using System.Text;
using CredentialBroker.Approvals;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit;

/// <summary>Whatever is done to an export, verification finds it and says where.</summary>
public sealed class ExportVerifierTests : IDisposable
{
    private readonly P256SigningKey _key = P256SigningKey.Generate();
    private readonly CheckpointSigner _signer;
    private readonly List<AuditLine> _records = [];

    /// <summary>Three chains among each other, as replicas write them: checkpoints after 5 and at the end.</summary>
    public ExportVerifierTests()
    {
        _signer = SignerOf(_key);
        var clock = new HeldClock();
        var heads = new Dictionary<long, (long Seq, string Hash)>();
        foreach (var chain in new long[] { 1, 1, 1, 2, 1, 2, 2, 3, 1, 3, 2, 3 })
        {
            var first = !heads.TryGetValue(chain, out var head);
            var seq = first ? 0 : head.Seq + 1;
            var entry = AuditEvent.Of(clock, first ? "audit.chain_started" : "test.told", Streams.Control) with
            {
                Chain = !first ? null : chain == 1 ? new ChainBlock(1, "w", null, null, null) : new ChainBlock(chain, "w", chain - 1, heads[chain - 1].Seq, heads[chain - 1].Hash),
                Detail = $"record {seq} of {chain}: \"ünï\"",
            };
            var hash = ChainHash.Of(first ? ChainHash.Zero : head.Hash, seq, entry.ToBody());
            _records.Add(new AuditLine(chain, seq, hash, entry.ToBody()));
            heads[chain] = (seq, hash);
        }
    }

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task An_untouched_export_verifies_with_its_checkpoints()
    {
        var verdict = await VerifyAsync(Export(_records));
        Assert.Equal((12, 3, null, 12, true), (verdict.Records, verdict.Chains, verdict.Problem, verdict.Size, verdict.SignatureChecked));
        Assert.Equal((3, 2), (verdict.Newest!.Chain, verdict.Newest.Seq));
    }

    [Fact]
    public async Task Any_flipped_bit_of_any_byte_is_found_R37()
    {
        var export = Export(_records);
        for (var at = 0; at < export.Length; at++)
        {
            foreach (var bit in new[] { 0, 5 })
            {
                var changed = export.ToArray();
                changed[at] ^= (byte)(1 << bit);
                var verdict = await VerifyAsync(changed);
                Assert.True(verdict.Problem is not null, $"byte {at} of line {export.AsSpan(0, at).Count((byte)'\n') + 1}: {(char)export[at]} to {(char)changed[at]}");
            }
        }
    }

    [Fact]
    public async Task A_changed_record_is_named()
    {
        for (var i = 0; i < _records.Count; i++)
        {
            var changed = _records.ToList();
            changed[i] = changed[i] with { Body = changed[i].Body.Replace("record", "rec0rd", StringComparison.Ordinal) };
            await NamesAsync(Export(changed, _records), $"chain {_records[i].Chain} record {_records[i].Seq}: its hash does not match");
        }
    }

    [Fact]
    public async Task A_deleted_record_is_named_also_when_positions_were_counted_anew()
    {
        for (var i = 0; i < _records.Count; i++)
        {
            var left = _records.Where((_, at) => at != i).ToList();
            var (record, verdict) = (_records[i], await VerifyAsync(Export(left, _records)));
            // The last of a chain leaves no gap; the tree has one all the same.
            var named = verdict.Problem!.Contains($"chain {record.Chain} record", StringComparison.Ordinal) || verdict.Problem.Contains("the checkpoint of", StringComparison.Ordinal);
            Assert.True(named, verdict.Problem);
        }
    }

    [Fact]
    public async Task Records_in_another_order_are_found()
    {
        for (var i = 0; i + 1 < _records.Count; i++)
        {
            var moved = _records.ToList();
            (moved[i], moved[i + 1]) = (moved[i + 1], moved[i]);
            Assert.NotNull((await VerifyAsync(Export(moved, _records))).Problem);
        }
    }

    [Fact]
    public async Task An_inserted_record_is_found()
    {
        var body = _records[^1].Body.Replace("record 2", "record 3", StringComparison.Ordinal);
        var inserted = _records.Append(new AuditLine(3, 3, ChainHash.Of(_records[^1].Hash, 3, body), body)).ToList();
        await NamesAsync(Export(inserted, _records), "the checkpoint of 12 records: stands after 13: records are missing or inserted before it");
    }

    [Fact]
    public async Task What_was_cut_off_the_end_is_found_by_a_checkpoint_kept_elsewhere()
    {
        var kept = Checkpoint.Parse(Note(12));
        var cut = _records[..9];
        Assert.Null((await VerifyAsync(Export(cut))).Problem);
        Assert.Equal("position 9: missing: a checkpoint kept elsewhere covers 12 records, this export ends after 9", (await VerifyAsync(Export(cut), kept)).Problem);
        Assert.Null((await VerifyAsync(Export(_records), kept, Checkpoint.Parse(Note(5)))).Problem);
    }

    [Fact]
    public async Task A_history_written_anew_is_found_by_a_checkpoint_kept_elsewhere_even_when_it_is_signed()
    {
        var kept = Checkpoint.Parse(Note(5));
        var body = _records[4].Body.Replace("record", "rec0rd", StringComparison.Ordinal);
        var forged = _records[..4].Append(_records[4] with { Body = body, Hash = ChainHash.Of(_records[2].Hash, 3, body) }).ToList();
        Assert.Null((await VerifyAsync(Export(forged))).Problem);
        var verdict = await VerifyAsync(Export(forged), kept);
        Assert.StartsWith("the checkpoint kept elsewhere, of 5 records, has another root than these", verdict.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forked_tree_is_found_where_two_checkpoints_of_one_size_differ()
    {
        using var buffer = new MemoryStream();
        buffer.Write(Export(_records));
        var line = new ArrayBufferWriter<byte>();
        ExportText.Write(line, _signer.Note(12, new byte[32]));
        buffer.Write(line.WrittenSpan);
        await NamesAsync(buffer.ToArray(), "line 15: the checkpoint of 12 records: has another root than these records");
    }

    [Fact]
    public async Task A_wrong_key_is_found()
    {
        using var other = P256SigningKey.Generate();
        var verdict = await EvidenceRig.VerifyAsync(Export(_records), SignerOf(other).All);
        Assert.Equal("line 6: the checkpoint of 5 records: bears no signature of a key that was given", verdict.Problem);
        Assert.False((await EvidenceRig.VerifyAsync(Export(_records), [])).SignatureChecked);
    }

    [Fact]
    public async Task A_checkpoint_of_another_log_is_refused()
    {
        var foreign = Checkpoint.Parse(new CheckpointSigner(Keys(_key), "elsewhere.test/audit").Note(12, Tree(_records, 12).Root()));
        Assert.Contains("is of the log", (await EvidenceRig.VerifyAsync(Export(_records), [], foreign)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_dropped_is_no_gap_and_what_is_said_about_it_must_be_true()
    {
        var (dropped, absent) = (6, new ArrayBufferWriter<byte>());
        ExportText.Write(absent, Absent(dropped, _records[5].Hash));
        byte[] export = [.. absent.WrittenSpan, .. Export(_records, _records, dropped)];
        var verdict = await VerifyAsync(export, Checkpoint.Parse(Note(12)), Checkpoint.Parse(Note(5)));
        Assert.Equal((null, 6, 1), (verdict.Problem, verdict.Records, verdict.Unchecked));
        for (var at = 0; at < absent.WrittenCount; at++)
        {
            var changed = export.ToArray();
            changed[at] ^= 1;
            Assert.True((await VerifyAsync(changed)).Problem is not null, $"byte {at}: {(char)export[at]}");
        }
    }

    [Theory, InlineData("no json"), InlineData("[]"), InlineData("{}"), InlineData("{\"chain\":1,\"seq\":0}"), InlineData("{\"more\":1}"), InlineData("{\"checkpoint\":\"x\"}"), InlineData("{\"checkpoint\":1}")]
    [InlineData("{\"absent\":{\"size\":1,\"frontier\":[],\"chains\":[]}}"), InlineData("{\"absent\":{\"size\":-1,\"frontier\":[],\"chains\":[]}}"), InlineData("{\"checkpoint\":\"a\",\"checkpoint\":\"a\"}")]
    public async Task A_line_that_is_none_is_named(string line) => await NamesAsync(Encoding.UTF8.GetBytes(line + "\n"), "line 1: ");

    [Fact]
    public async Task Blocks_of_lines_make_no_difference()
    {
        var (records, hash) = (new List<AuditLine>(), ChainHash.Zero);
        for (var seq = 0; seq < 4000; seq++)
        {
            var body = seq == 0 ? "{\"time\":1,\"chain\":{\"chain\":1}}" : $$"""{"time":1,"detail":"{{new string('x', 700)}}"}""";
            hash = ChainHash.Of(hash, seq, body);
            records.Add(new AuditLine(1, seq, hash, body));
        }

        Assert.Equal((4000, null), (await VerifyAsync(Export(records)) is var whole ? (whole.Records, whole.Problem) : default));
        records[3500] = records[3500] with { Body = records[3500].Body.Replace("xx", "yx", StringComparison.Ordinal) };
        await NamesAsync(Export(records), "chain 1 record 3500: its hash");
    }

    private AbsentRecords Absent(int size, string hash)
    {
        var tree = Tree(_records, 4);
        var rest = new TreeFrontier();
        foreach (var record in _records[4..size]) rest.Add(Leaf(record));
        return new AbsentRecords(size, [Convert.ToBase64String(tree.Root()), Convert.ToBase64String(rest.Root())], [new ChainHead(1, 3, _records[4].Hash), new ChainHead(2, 1, hash)]);
    }

    private string Note(int size) => _signer.Note(size, Tree(_records, size).Root());

    private static TreeFrontier Tree(List<AuditLine> records, int size)
    {
        var tree = new TreeFrontier();
        foreach (var record in records[..size]) tree.Add(Leaf(record));
        return tree;
    }

    private static byte[] Leaf(AuditLine record)
    {
        var leaf = new byte[32];
        MerkleTree.RecordLeaf(record.Chain, record.Seq, Convert.FromHexString(record.Hash), leaf);
        return leaf;
    }

    /// <param name="signed">What the checkpoints were signed over, when it is not what is exported.</param>
    private byte[] Export(List<AuditLine> records, List<AuditLine>? signed = null, int from = 0)
    {
        signed ??= records;
        var text = new ArrayBufferWriter<byte>();
        for (var i = from; i < records.Count; i++)
        {
            if (i == 5 && signed.Count > 5) ExportText.Write(text, _signer.Note(5, Tree(signed, 5).Root()));
            ExportText.Write(text, i, records[i]);
        }

        ExportText.Write(text, _signer.Note(signed.Count, Tree(signed, signed.Count).Root()));
        return text.WrittenSpan.ToArray();
    }

    private Task<ChainVerdict> VerifyAsync(byte[] export, params Checkpoint[] kept) => EvidenceRig.VerifyAsync(export, _signer.All, kept);

    private async Task NamesAsync(byte[] export, string problem) => Assert.StartsWith(problem, Strip((await VerifyAsync(export)).Problem, problem), StringComparison.Ordinal);

    /// <summary>Some problems are told with the line in front.</summary>
    private static string? Strip(string? told, string wanted) => wanted.StartsWith("line", StringComparison.Ordinal) || told?.StartsWith("line", StringComparison.Ordinal) != true ? told : told[(told.IndexOf(": ", StringComparison.Ordinal) + 2)..];

    private static CheckpointSigner SignerOf(P256SigningKey key) => new(Keys(key), EvidenceRig.Origin);

    private static EvidenceKeys Keys(P256SigningKey key)
    {
        var mine = new EvidenceKey(key.Verifying.X, key.Verifying.Y, text => key.Sign(text));
        return new EvidenceKeys(() => mine, () => [(mine.X, mine.Y)]);
    }
}
