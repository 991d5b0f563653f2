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
    public const int MostRecords = 200, MostUses = 500;

    private readonly Lock _gate = new();
    private List<ContainerRecord> _records = [];
    private Dictionary<(string Caller, string Uri, string Group, string Request), (long Count, DateTimeOffset Last)> _uses = [];
    private long _dropped;

    /// <summary>Tells it now: durable when it returns.</summary>
    public void TellNow(ContainerRecord record)
    {
        if (spool.IsFull) throw new RefusedException(Refusals.SpoolFull, "too much waits to be told to the broker");
        spool.AddReport(Written([record], []));
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

    /// <summary>Everything since the last time, as a report; null when there is nothing.</summary>
    public string? Take()
    {
        lock (_gate)
        {
            if (_records.Count + _uses.Count + _dropped == 0) return null;
            var written = Written(_records, [.. _uses.Select(one => new EngineUse(one.Key.Caller, one.Key.Uri, one.Key.Group, one.Key.Request, one.Value.Count, one.Value.Last))], _dropped);
            (_records, _uses, _dropped) = ([], [], 0);
            return written;
        }
    }

    /// <summary>A report of nothing but how the engine stands.</summary>
    public HostReport Beat() => new(Ids.New(clock), trust.Standing, [], []);

    private string Written(IReadOnlyList<ContainerRecord> records, IReadOnlyList<EngineUse> uses, long dropped = 0) =>
        JsonSerializer.Serialize(new HostReport(Ids.New(clock), trust.Standing, records, uses, dropped), ProtocolJson.Default.HostReport);
}
