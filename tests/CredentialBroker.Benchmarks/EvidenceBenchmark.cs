using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using CredentialBroker.Audit;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Benchmarks;

/// <summary>How fast records go into the tree, and how fast an export of a million is verified.</summary>
internal static class EvidenceBenchmark
{
    private const int Records = 1_000_000;
    private const int Sealed = 100_000;

    public static async Task<MarkdownTable> RunAsync()
    {
        var table = new MarkdownTable("what", "records", "records/s", "bar");
        var folder = Directory.CreateTempSubdirectory("credbroker-benchmark-").FullName;
        try
        {
            await VerifyAsync(table, Path.Combine(folder, "export.ndjson"));
            await SealAsync(table, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return table;
    }

    private static async Task VerifyAsync(MarkdownTable table, string file)
    {
        Write(file);
        var size = new FileInfo(file).Length;
        var series = await Measurement.RepeatAsync(3, async () =>
        {
            await using var export = File.OpenRead(file);
            var began = Stopwatch.GetTimestamp();
            var verdict = await ExportVerifier.VerifyAsync(export, new KeptEvidence([], []));
            if (verdict is not { Records: Records, Problem: null }) throw new InvalidOperationException($"{verdict}");
            return Records / Stopwatch.GetElapsedTime(began).TotalSeconds;
        });
        table.Row($"verify an export of {size / 1_000_000} MB", Records, series.Median, ">= 100,000/s");
    }

    private static async Task SealAsync(MarkdownTable table, string folder)
    {
        var options = new StorageOptions { Folder = folder };
        await using var store = new SqliteStore(options);
        await new Migrator(store, TimeProvider.System).MigrateAsync(default);
        await using var journal = new Journal(store, options, TimeProvider.System, NullLogger<Journal>.Instance);
        await journal.StartAsync(default);
        var chain = new AuditChain(TimeProvider.System) { Writer = journal.Writer };
        for (var i = 0; i < Sealed; i += 1000)
        {
            await journal.CommitAsync(Lane.Issuing, [.. Enumerable.Range(0, 1000).Select(_ => AuditEvent.Of(TimeProvider.System, "credential.issued", Streams.Issuance).On(chain))]);
        }

        var sealer = new Sealer(new TreeStore(store), new TreeTiles(store), journal, new SealLog(NullLogger<SealLog>.Instance), TimeProvider.System);
        var began = Stopwatch.GetTimestamp();
        await sealer.SealAsync(always: true, default);
        table.Row("seal what was recorded, SQLite", Sealed, Sealed / Stopwatch.GetElapsedTime(began).TotalSeconds, ">= 10,000/s");
    }

    /// <summary>Records of the size that decisions have, in one chain.</summary>
    private static void Write(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var text = new ArrayBufferWriter<byte>(1 << 16);
        var hash = ChainHash.Zero;
        for (var seq = 0; seq < Records; seq++)
        {
            var body = seq == 0 ? """{"time":1,"chain":{"chain":1}}""" : string.Create(CultureInfo.InvariantCulture, $$"""
                {"id":"06bq2wz7v1e8k3m5n9p0r4s6t8","time":{{1_763_712_000_000 + seq}},"type":"credential.decision","stream":"issuance","lease":"06bq2wz7v1e8k3m5n9p0r4s6t9","approval":"06bq2wz7v1e8k3m5n9p0r4s6ta","task":"pipelines/{{seq}}","template":"orders-read","environment":"prod","decision":{"id":"06bq2wz7v1e8k3m5n9p0r4s6td","effect":"granted","reasonCode":"ok","operation":"claim","tier":"standard","templateRevision":"r1","epoch":7},"caller":{"source":"prod-eu","kind":"kubernetes","workload":"k8s://prod-eu/shop/checkout","subject":"system:serviceaccount:shop:checkout","instance":"pod-{{seq}}","strength":2,"evidence":"e"},"effectivePrivileges":[{"provider":"postgres","account":"orders","resource":"orders_reader","actions":["login"]}]}
                """);
            hash = ChainHash.Of(hash, seq, body);
            ExportText.Write(text, seq, new AuditLine(1, seq, hash, body));
            if (text.WrittenCount < 1 << 20) continue;
            stream.Write(text.WrittenSpan);
            text.ResetWrittenCount();
        }

        stream.Write(text.WrittenSpan);
    }
}
