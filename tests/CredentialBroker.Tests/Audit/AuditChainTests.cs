using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Audit;

public sealed class AuditChainTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly AuditQuery Everything = new(null, null, null, null);

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task One_chain_goes_on_over_batches_and_only_with_what_was_committed(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        Assert.Equal("never", await replica.CodeAsync(Told(replica, "refused first"), new Never()));
        Assert.Null(await replica.CodeAsync(Told(replica, "one")));
        var codes = await replica.TogetherAsync([Told(replica, "two")], [Told(replica, "refused"), new Never()], [Told(replica, "three"), Told(replica, "four")]);
        Assert.Equal([null, "never", null], codes);
        await Assert.ThrowsAsync<UnitRejectedException>(() => replica.CommitAsync(Told(replica, "rejected"), new Never(new FormatException())));
        Assert.Null(await replica.CodeAsync(Told(replica, "five")));

        var lines = await LinesAsync(replica);
        Assert.Equal([0, 1, 2, 3, 4, 5], lines.Select(l => l.Seq));
        Assert.All(lines, l => Assert.Equal(1, l.Chain));
        Assert.Contains($"\"chain\":{{\"chain\":1,\"writer\":\"{replica.Journal.Writer}\"}}", lines[0].Body, StringComparison.Ordinal);
        Assert.Equal(["one", "two", "three", "four", "five"], lines.Skip(1).Select(l => Detail(l.Body)));
        Assert.Equal(new ChainVerdict(6, 1, null), await VerifyAsync(lines));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Each_process_begins_a_chain_that_names_the_newest_record_before_it(string provider)
    {
        await using var first = await OpenAsync(provider, postgres);
        Assert.Null(await first.CodeAsync(Told(first, "a")));
        await using var second = await first.AnotherAsync();
        Assert.Null(await second.CodeAsync(Told(second, "b"), Told(second, "c")));
        await using var third = await first.AnotherAsync();
        Assert.Null(await third.CodeAsync(Told(third, "d")));

        var lines = await LinesAsync(first);
        Assert.Equal([(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 0), (3, 1)], lines.Select(l => ((int)l.Chain, (int)l.Seq)));
        Assert.Contains($"\"predecessor\":1,\"predecessorSeq\":1,\"predecessorHash\":\"{lines[1].Hash}\"", lines[2].Body, StringComparison.Ordinal);
        Assert.Contains($"\"predecessor\":2,\"predecessorSeq\":2,\"predecessorHash\":\"{lines[4].Hash}\"", lines[5].Body, StringComparison.Ordinal);
        Assert.Equal(new ChainVerdict(7, 3, null), await VerifyAsync(lines));
    }

    [Fact]
    public async Task Chains_of_replicas_that_write_and_start_at_the_same_time_verify()
    {
        await using var one = await OpenAsync("postgres", postgres);
        var others = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => one.AnotherAsync()));
        var replicas = others.Append(one).ToList();
        await Task.WhenAll(replicas.SelectMany(r => Enumerable.Range(0, 40).Select(i => Task.Run(() => r.CommitAsync(Told(r, $"{i}"))))));
        var lines = await LinesAsync(one);
        Assert.Equal(new ChainVerdict(205, 5, null), await VerifyAsync(lines));
        foreach (var other in others) await other.DisposeAsync();
    }

    [Fact]
    public async Task After_a_commit_whose_fate_is_unknown_a_new_chain_begins()
    {
        await using var direct = await OpenAsync("postgres", postgres);
        await using var proxy = TcpProxy.Start((await postgres.ServerAsync()).Port);
        var through = new Npgsql.NpgsqlConnectionStringBuilder(direct.Options.ConnectionString) { Port = proxy.Port }.ConnectionString;
        await using var replica = await direct.AnotherAsync(new HurriedClock(), o => o with { ConnectionString = through });
        Assert.Null(await replica.CodeAsync(Told(replica, "before")));
        var lost = proxy.LoseAnswerToNextClientBytesMatching("unknown-marker"u8.ToArray());
        proxy.Refuse(true);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => replica.CommitAsync(Told(replica, "unknown-marker")));
        await lost.WaitAsync(Patience);
        proxy.Refuse(false);
        Assert.Null(await replica.CodeAsync(Told(replica, "after")));
        Assert.Null(await replica.CodeAsync(Told(replica, "later")));

        var lines = await LinesAsync(direct);
        Assert.Equal([(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)], lines.Select(l => ((int)l.Chain, (int)l.Seq)));
        Assert.Equal(new ChainVerdict(6, 2, null), await VerifyAsync(lines));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_record_is_stored_byte_for_byte_as_it_was_hashed(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        string[] texts = ["", "ü é e\u0301 🙂", "\"quoted\" \\ / <b>&amp;</b>", "line\r\nbreak\ttab", "{\"a\": 1.0, \"a\": 2}", "\u2028\u200f\uFEFF", new string('x', 70_000), "zero \0 character"];
        var bodies = new List<string>();
        foreach (var text in texts)
        {
            var entry = AuditEvent.Of(replica.Clock, "test.told", Streams.Control) with { Detail = text };
            bodies.Add(entry.ToBody());
            Assert.Null(await replica.CodeAsync(entry.On(replica.Chain)));
        }

        var lines = await LinesAsync(replica);
        Assert.Equal(bodies, lines.Skip(1).Select(l => l.Body));
        Assert.Equal(texts, lines.Skip(1).Select(l => Detail(l.Body)));
        Assert.Null((await VerifyAsync(lines)).Problem);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Records_are_read_over_pages_in_chain_order_and_narrowed(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var works = Enumerable.Range(0, 2100).Select(i => (AuditEvent.Of(replica.Clock, i % 2 == 0 ? "test.even" : "test.odd", Streams.Use) with { Lease = $"l{i % 3}", Time = i }).On(replica.Chain));
        Assert.Null(await replica.CodeAsync([.. works]));
        Assert.Equal(2101, (await LinesAsync(replica)).Count);
        Assert.Equal(1050, (await LinesAsync(replica, Everything with { Type = "test.odd" })).Count);
        Assert.Equal(700, (await LinesAsync(replica, Everything with { Lease = "l1" })).Count);
        Assert.Equal(2100, (await LinesAsync(replica, Everything with { Stream = Streams.Use })).Count);
        Assert.Equal(100, (await LinesAsync(replica, Everything with { Since = 2000, Stream = Streams.Use })).Count);
        Assert.Equal([2097, 2098, 2099], (await replica.Audit.NewestAsync(Everything with { Stream = Streams.Use }, 3, default)).Select(l => l.Seq - 1));
    }

    private static Work Told(Replica replica, string what) =>
        (AuditEvent.Of(replica.Clock, "test.told", Streams.Control) with { Detail = what }).On(replica.Chain);

    private static string? Detail(string body) => System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString();

    private static async Task<List<AuditLine>> LinesAsync(Replica replica, AuditQuery? query = null)
    {
        var lines = new List<AuditLine>();
        await foreach (var line in replica.Audit.ReadAsync(query ?? Everything, default)) lines.Add(line);
        return lines;
    }

    private static Task<ChainVerdict> VerifyAsync(List<AuditLine> lines) => ChainVerifier.VerifyAsync(lines.ToAsyncEnumerable());
}
