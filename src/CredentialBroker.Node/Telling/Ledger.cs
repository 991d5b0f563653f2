using System.Globalization;
using System.Text.Json;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Trust;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Telling;

/// <summary>
/// What is told to the broker about requests. What asks for resources of the host is told one by one and durable before it
/// is answered; other refusals one by one while there is room; everything else in sums.
/// </summary>
internal sealed class Ledger(Spool spool, HostTrust trust, TimeProvider clock)
{
    private const int MostRecords = 200, MostUses = 500;

    /// <summary>A report is a signed document, and the broker takes none that is longer than 16 KiB.</summary>
    private const int LongestReport = 9_000, LongestList = 4_000, MostLists = 8;

    private readonly Lock _gate = new();
    private readonly List<ContainerRecord> _records = [];
    private Dictionary<(string Caller, string Uri, string Group, string Request), (long Count, DateTimeOffset Last)> _uses = [];
    private long _dropped;

    /// <summary>Tells it now: durable when it returns.</summary>
    public void TellNow(ContainerRecord record)
    {
        if (spool.IsFull) throw new RefusedException(Refusals.SpoolFull, "too much waits to be told to the broker");
        foreach (var list in Lists(record.Resources ?? [])) spool.AddReport(Written([record with { Resources = list }], []));
    }

    /// <summary>Tells it with the next report, if there is room.</summary>
    public void Tell(ContainerRecord record)
    {
        lock (_gate)
        {
            if (_records.Count < MostRecords) _records.Add(record);
            else _dropped++;
        }
    }

    public void Count(Caller caller, string request)
    {
        var key = (caller.Name, caller.Uri ?? "", caller.Class ?? "", request);
        lock (_gate)
        {
            if (_uses.Count >= MostUses && !_uses.ContainsKey(key)) _dropped++;
            else _uses[key] = (_uses.GetValueOrDefault(key).Count + 1, clock.GetUtcNow());
        }
    }

    /// <summary>Everything since the last time, as reports.</summary>
    public IReadOnlyList<string> Take()
    {
        var reports = new List<string>();
        lock (_gate)
        {
            if (_records.Count + _uses.Count + _dropped == 0) return reports;
            var uses = _uses.Select(one => new EngineUse(one.Key.Caller, one.Key.Uri, one.Key.Group, one.Key.Request, one.Value.Count, one.Value.Last)).ToList();
            while (_records.Count + uses.Count + _dropped > 0)
            {
                var size = 0;
                var records = Cut(_records, ref size, one => JsonSerializer.SerializeToUtf8Bytes(one, ProtocolJson.Default.ContainerRecord).Length);
                var some = Cut(uses, ref size, one => JsonSerializer.SerializeToUtf8Bytes(one, ProtocolJson.Default.EngineUse).Length);
                reports.Add(Written(records, some, _dropped));
                _dropped = 0;
            }

            _uses = [];
        }

        return reports;
    }

    /// <summary>A report of nothing but how the engine stands.</summary>
    public HostReport Beat() => new(Ids.New(clock), trust.Standing, [], []);

    private string Written(IReadOnlyList<ContainerRecord> records, IReadOnlyList<EngineUse> uses, long dropped = 0) =>
        JsonSerializer.Serialize(new HostReport(Ids.New(clock), trust.Standing, records, uses, dropped), ProtocolJson.Default.HostReport);

    private static List<T> Cut<T>(List<T> from, ref int size, Func<T, int> length)
    {
        var count = 0;
        while (count < from.Count && (size += length(from[count])) < LongestReport) count++;
        var cut = from[..count];
        from.RemoveRange(0, count);
        return cut;
    }

    /// <summary>All of them, in as many lists as it takes; of what is absurdly many the first, and how many more there were.</summary>
    private static IEnumerable<IReadOnlyList<string>> Lists(IReadOnlyList<string> resources)
    {
        var (list, size, lists) = (new List<string>(), 0, 0);
        for (var i = 0; i < resources.Count; i++)
        {
            if (size + resources[i].Length > LongestList && list.Count > 0)
            {
                if (++lists == MostLists)
                {
                    yield return [.. list, string.Create(CultureInfo.InvariantCulture, $"and {resources.Count - i} more")];
                    yield break;
                }

                yield return list;
                (list, size) = ([], 0);
            }

            list.Add(resources[i]);
            size += resources[i].Length;
        }

        if (list.Count > 0) yield return list;
    }
}
