using System.Collections.Concurrent;
using System.Text;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Tree;

namespace CredentialBroker.Audit.Exports;

/// <summary>All exports, each in a lane of its own: one that is slow or stands still holds up no other, and no claim.</summary>
internal sealed class AuditExports : IDisposable
{
    private const int Most = 500;
    private const int LargestBytes = 1024 * 1024;

    private readonly IReadOnlyList<(ExportLane Lane, IExportFormat? Format, IAuditSink Sink)> _lanes;
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly EvidenceReader _reader;
    private readonly CheckpointStore _checkpoints;
    private readonly CancellationTokenSource _stop = new();

    public AuditExports(AuditOptions options, IReadOnlyList<AuditExport> exports, ExportCursors cursors, EvidenceReader reader, CheckpointStore checkpoints, ExportLog log, TimeProvider clock)
    {
        (_reader, _checkpoints) = (reader, checkpoints);
        var lanes = exports.Select(e => (new ExportLane(e.Name, e.Sink, cursors, log, clock), (IExportFormat?)e.Format, e.Sink)).ToList();
        if (options.CheckpointTo is { } address)
        {
            var sink = new HttpSink(address, options.CheckpointTokenFile, "text/plain", array: false);
            lanes.Add((new ExportLane(AuditSinks.Checkpoints, sink, cursors, log, clock), null, sink));
        }

        _lanes = lanes;
    }

    public IEnumerable<ExportLane> Lanes => _lanes.Select(l => l.Lane);

    /// <summary>Names of those that carry records: what they lack must not be dropped.</summary>
    public IReadOnlyCollection<string> OfRecords => [.. _lanes.Where(l => l.Format is not null).Select(l => l.Lane.Name)];

    /// <summary>Starts every lane that is not at work.</summary>
    public void Start(TreeHead head)
    {
        foreach (var (lane, format, _) in _lanes)
        {
            if (_stop.IsCancellationRequested || _running.GetValueOrDefault(lane.Name) is { IsCompleted: false }) continue;
            var stretch = format is null
                ? new ExportStretch(0, head.Signed, CheckpointAsync)
                : new ExportStretch(head.Absent, head.Size, (from, cancel) => RecordsAsync(format, from, head.Size, cancel));
            _running[lane.Name] = Task.Run(() => lane.RunAsync(stretch, _stop.Token), CancellationToken.None);
        }
    }

    /// <summary>Waits until the lanes that are at work have come to their end.</summary>
    public Task SettleAsync() => Task.WhenAll(_running.Values);

    /// <summary>Breaks off what is under way: it is delivered again after the next start.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stop.Dispose();
        foreach (var (_, _, sink) in _lanes) (sink as IDisposable)?.Dispose();
    }

    private async Task<Delivery> RecordsAsync(IExportFormat format, long from, long size, CancellationToken cancel)
    {
        var (records, bytes) = (new List<SealedRecord>(), 0);
        await foreach (var record in _reader.ReadAsync(from, Math.Min(size, from + Most), cancel))
        {
            records.Add(record);
            bytes += record.Line.Body.Length;
            if (bytes > LargestBytes) break;
        }

        return new Delivery(from, from + records.Count, await format.WriteAsync(records, cancel));
    }

    private async Task<Delivery> CheckpointAsync(long from, CancellationToken cancel)
    {
        var next = (await _checkpoints.AfterAsync(from, 1, cancel))[0];
        return new Delivery(from, next.Size, [new ExportedEvent(next.Size, IsRecord: false, Encoding.UTF8.GetBytes(next.Note.TrimEnd('\n')))]);
    }
}
