using System.Threading.Channels;
using CredentialBroker.Protocol.Workload;

namespace CredentialBroker.Runtime.Watching;

/// <summary>One stream of one workload: what it was told last, and what it has still to be told.</summary>
internal sealed class Watch(string workloadId, Action<Watch> leave) : IDisposable
{
    /// <summary>Who does not read for as many changes is cut off, and begins anew with how everything stands then.</summary>
    private const int MostUnread = 256;

    private readonly Channel<LeaseStanding> _changes = Channel.CreateBounded<LeaseStanding>(MostUnread);
    private readonly Dictionary<string, LeaseStanding> _told = new(StringComparer.Ordinal);

    public string WorkloadId => workloadId;

    public ChannelReader<LeaseStanding> Changes => _changes.Reader;

    /// <summary>Passes on what is new about the workload's leases. Called by one at a time.</summary>
    /// <returns>Leases that were told as live and are gone: moved to where ended leases lie, or removed.</returns>
    public IReadOnlyList<LeaseStanding> Look(IEnumerable<LeaseStanding> live)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var standing in live)
        {
            seen.Add(standing.Lease);
            if (_told.GetValueOrDefault(standing.Lease) != standing) Tell(standing);
        }

        return [.. _told.Values.Where(told => !seen.Contains(told.Lease) && told.State != "ended")];
    }

    public void Tell(LeaseStanding standing)
    {
        if (standing.State == "ended") _told.Remove(standing.Lease);
        else _told[standing.Lease] = standing;
        if (!_changes.Writer.TryWrite(standing)) Close();
    }

    /// <summary>Ends the stream once what waits was read.</summary>
    public void Close() => _changes.Writer.TryComplete();

    public void Dispose()
    {
        Close();
        leave(this);
    }
}
