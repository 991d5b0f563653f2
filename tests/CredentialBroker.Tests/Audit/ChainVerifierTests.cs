using CredentialBroker.Approvals;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit;

/// <summary>Whatever is done to records, verification names the first that is not as it was.</summary>
public sealed class ChainVerifierTests
{
    private readonly HeldClock _clock = new();
    private readonly List<AuditLine> _lines;

    public ChainVerifierTests()
    {
        _lines = [.. Chain(1, null, 5)];
        _lines.AddRange(Chain(2, _lines[^1], 4));
        // Began while chain 2 still went on.
        _lines.AddRange(Chain(3, _lines[^2], 3));
    }

    [Fact]
    public async Task Untouched_records_verify() =>
        Assert.Equal(new ChainVerdict(12, 3, null), await ChainVerifier.VerifyAsync(_lines.ToAsyncEnumerable()));

    [Fact]
    public async Task Any_changed_character_of_any_body_is_found_in_its_record()
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            for (var at = 0; at < _lines[i].Body.Length; at += 7)
            {
                var body = _lines[i].Body.ToCharArray();
                body[at] = (char)(body[at] ^ 1);
                await FoundAsync(Changed(i, l => l with { Body = new string(body) }), _lines[i], "hash");
            }
        }
    }

    [Fact]
    public async Task Any_changed_hash_is_found_in_its_record()
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            await FoundAsync(Changed(i, l => l with { Hash = l.Hash[..^1] + (l.Hash[^1] == '0' ? '1' : '0') }), _lines[i], "hash");
        }
    }

    [Fact]
    public async Task A_deleted_record_is_named()
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            var left = _lines.Where((_, at) => at != i).ToList();
            // Nothing names the last record of a chain but what was written after it.
            if (_lines[i] is { Chain: 2, Seq: 3 } or { Chain: 3, Seq: 2 }) Assert.Null((await ChainVerifier.VerifyAsync(left.ToAsyncEnumerable())).Problem);
            else if (_lines[i].Seq == 0) await FoundAsync(left, _lines[i] with { Seq = 1 }, "does not begin with record 0");
            else await FoundAsync(left, _lines[i], "missing");
        }
    }

    [Fact]
    public async Task A_deleted_chain_is_found() =>
        await FoundAsync(_lines.Where(l => l.Chain != 2).ToList(), new AuditLine(3, 0, "", ""), "names chain 2");

    [Fact]
    public async Task A_reordered_pair_is_found()
    {
        for (var i = 0; i + 1 < _lines.Count; i++)
        {
            var moved = _lines.ToList();
            (moved[i], moved[i + 1]) = (moved[i + 1], moved[i]);
            Assert.NotNull((await ChainVerifier.VerifyAsync(moved.ToAsyncEnumerable())).Problem);
        }
    }

    [Fact]
    public async Task Swapped_bodies_are_found_at_the_first_of_them()
    {
        var swapped = _lines.ToList();
        (swapped[1], swapped[3]) = (_lines[1] with { Body = _lines[3].Body }, _lines[3] with { Body = _lines[1].Body });
        await FoundAsync(swapped, _lines[1], "hash");
    }

    [Fact]
    public async Task An_old_chain_written_anew_with_right_hashes_is_found_by_the_chain_after_it()
    {
        var forged = new List<AuditLine>();
        foreach (var line in _lines.Where(l => l.Chain == 1))
        {
            var body = line.Seq == 2 ? line.Body.Replace("record 2", "record X", StringComparison.Ordinal) : line.Body;
            forged.Add(line with { Body = body, Hash = ChainHash.Of(forged.Count == 0 ? ChainHash.Zero : forged[^1].Hash, line.Seq, body) });
        }

        await FoundAsync([.. forged, .. _lines.Where(l => l.Chain > 1)], _lines[4], "is not the one that chain 2 was begun after");
    }

    [Theory]
    [InlineData("{}"), InlineData("[]"), InlineData("no json"), InlineData("null"), InlineData("{\"chain\":7}"), InlineData("{\"chain\":null}")]
    [InlineData("{\"chain\":{\"chain\":\"1\"}}"), InlineData("{\"chain\":{\"chain\":9}}")]
    [InlineData("{\"chain\":{\"chain\":2,\"predecessor\":1}}"), InlineData("{\"chain\":{\"chain\":2,\"predecessor\":1,\"predecessorSeq\":-1}}"), InlineData("{\"chain\":{\"chain\":2}}")]
    public async Task A_chain_that_begins_with_something_else_is_found_and_does_not_break_verification(string body)
    {
        var forged = new AuditLine(2, 0, ChainHash.Of(ChainHash.Zero, 0, body), body);
        await FoundAsync([.. _lines.Where(l => l.Chain == 1), forged], forged, "");
    }

    [Fact]
    public async Task An_export_may_begin_with_a_later_chain() =>
        Assert.Equal(new ChainVerdict(7, 2, null), await ChainVerifier.VerifyAsync(_lines.Where(l => l.Chain > 1).ToAsyncEnumerable()));

    [Fact]
    public void The_hash_of_a_record_is_the_documented_one()
    {
        byte[] input = [0x02, .. new byte[32], 0, 0, 0, 0, 0, 0, 0, 5, .. "{\"é\":1}"u8];
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input)), ChainHash.Of(ChainHash.Zero, 5, "{\"é\":1}"));
    }

    private List<AuditLine> Changed(int index, Func<AuditLine, AuditLine> change) => [.. _lines.Select((l, i) => i == index ? change(l) : l)];

    private static async Task FoundAsync(IReadOnlyList<AuditLine> lines, AuditLine where, string what)
    {
        var verdict = await ChainVerifier.VerifyAsync(lines.ToAsyncEnumerable());
        Assert.StartsWith($"chain {where.Chain} record {where.Seq}: ", verdict.Problem, StringComparison.Ordinal);
        Assert.Contains(what, verdict.Problem, StringComparison.Ordinal);
    }

    private List<AuditLine> Chain(long chain, AuditLine? before, int count)
    {
        var lines = new List<AuditLine>();
        for (var seq = 0; seq < count; seq++)
        {
            var entry = AuditEvent.Of(_clock, seq == 0 ? "audit.chain_started" : "test.told", Streams.Control) with
            {
                Chain = seq == 0 ? new ChainBlock(chain, "writer", before?.Chain, before?.Seq, before?.Hash) : null,
                Detail = $"record {seq}",
            };
            var body = entry.ToBody();
            lines.Add(new AuditLine(chain, seq, ChainHash.Of(seq == 0 ? ChainHash.Zero : lines[^1].Hash, seq, body), body));
        }

        return lines;
    }
}
