using CredentialBroker.Storage.Journaling;
using CredentialBroker.Storage;

namespace CredentialBroker.Hosting;

/// <summary>
/// Counts whom the door turned away, and records the counts together: one record for each refusal would let anybody fill
/// the store.
/// </summary>
internal sealed class DoorTally(Journal journal, DoorRecord record)
{
    /// <summary>Kinds of refusals told apart between two tellings; more are counted as one.</summary>
    private const int MostKinds = 200;

    private static readonly (string, string) Others = ("others", "various");

    private readonly Lock _gate = new();
    private Dictionary<(string Who, string What), long> _counts = [];

    /// <param name="who">Configured name of the source, or a proven operator; never a word of the request.</param>
    /// <param name="what">Reason code, and the route where somebody proven was refused.</param>
    public void Count(string who, string what)
    {
        lock (_gate) Add((who, what), 1);
    }

    /// <summary>Records what was counted since the last time; what cannot be recorded is counted on.</summary>
    public async Task TellAsync()
    {
        Dictionary<(string Who, string What), long> counts;
        lock (_gate) (counts, _counts) = (_counts, []);
        if (counts.Count == 0) return;
        try
        {
            await journal.CommitAsync(Lane.Control, [.. counts.Select(c => record("operator.refused", c.Key.Who, c.Key.What, c.Value))]);
        }
        catch
        {
            lock (_gate)
            {
                foreach (var (key, count) in counts) Add(key, count);
            }

            throw;
        }
    }

    private void Add((string, string) key, long count)
    {
        if (!_counts.ContainsKey(key) && _counts.Count >= MostKinds) key = Others;
        _counts[key] = _counts.GetValueOrDefault(key) + count;
    }
}

/// <summary>Each half minute: records whom the door turned away.</summary>
internal sealed class TallyJob(DoorTally tally, DoorLog log) : LocalJob(log.NotTold)
{
    public override Task RunAsync(CancellationToken cancel) => tally.TellAsync();
}
