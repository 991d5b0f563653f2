using System.Diagnostics;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Revocation;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Benchmarks;

/// <summary>The status lists of a million tokens, a tenth of which ended early, made anew from the store and signed.</summary>
internal static class StatusListBenchmark
{
    private const int Tokens = 1_000_000;
    private const int Ended = Tokens / 10;
    private const int Rounds = 5;

    public static async Task<MarkdownTable> RunAsync()
    {
        var table = new MarkdownTable("store", "tokens", "ended early", "lists", "rebuilt and signed ms", "bar", "spread", "rounds");
        await using var server = await PostgresServer.StartAsync();
        await MeasureAsync(table, "PostgreSQL", await server.CreateDatabaseAsync("broker"));
        await MeasureAsync(table, "SQLite", null);
        return table;
    }

    private static async Task MeasureAsync(MarkdownTable table, string name, string? connection)
    {
        using var folder = new SceneFolder();
        folder.Write(LoopbackPorts.FindFree(), connection);
        await using var rows = await LeaseRows.OpenAsync(folder, connection);
        await FillAsync(rows);
        var clock = TimeProvider.System;
        var rings = new KeyRings("https://broker.example", ReservedAudiences.BuiltIn);
        using var key = SigningKey.Generate(KeyPurpose.StatusList);
        rings.StatusList.Replace(key, [key.Verifying]);
        await using var journal = new Journal(rows.Store, new StorageOptions(), clock, NullLogger<Journal>.Instance);
        var shards = Tokens / StatusIndexes.ShardSize + 1;
        var time = await Measurement.RepeatAsync(Rounds, async () =>
        {
            // A new one has nothing kept.
            var lists = new StatusLists(new LeaseStore(rows.Store), new StatusBlocks(rows.Store, journal, clock), rings, new DueSignal(), clock);
            var began = Stopwatch.GetTimestamp();
            for (var shard = 0; shard < shards; shard++)
            {
                if (await lists.ReadAsync(shard, CancellationToken.None) is null) throw new InvalidOperationException($"List {shard} is not there.");
            }

            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        });
        table.Row(name, LeaseRows.Count(Tokens), LeaseRows.Count(Ended), shards, time.Median, "< 1,000 ms", $"{time.Spread:P0}", Rounds);
    }

    /// <summary>Tokens that live, tokens that ended early all over the lists, and the blocks that their places came from.</summary>
    private static async Task FillAsync(LeaseRows rows)
    {
        var now = TimeProvider.System.NowMs();
        var diesBy = now + (long)TimeSpan.FromHours(1).TotalMilliseconds;
        await rows.AddAsync("live", Tokens - Ended, diesBy);
        await using var connection = rows.Store.OpenWriter();
        await Statements.RunAsync(connection,
        [
            new Statement($$"""
                INSERT INTO ended_leases ({{LeaseColumns.List}})
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
                SELECT 'ended' || (100000000 + i), 4, 'token', 'revision', 'signed-token', 'internal', 'test', 'live0w1', 'task', 'approval', 'decision', @now,
                    @now, 'revoked', @dies, @dies, '{"v":1,"target":"internal","jti":"0123456789abcdefghjkmnpqrs","n":"0","status":"' || (i * 10 - 1) || '","cnf":""}', 'fingerprint', 2,
                    NULL, NULL, NULL, NULL, 0, NULL, 'revoked', @now FROM n
                """)
            {
                Values = [("count", Ended), ("now", now), ("dies", diesBy)],
            },
            new Statement("INSERT INTO status_blocks (block, taken, taken_at) VALUES (@block, 'all', @now)") { Values = [("block", (Tokens - 1) / StatusIndexes.BlockSize), ("now", now)] },
            new Statement("ANALYZE"),
        ], CancellationToken.None);
    }
}
