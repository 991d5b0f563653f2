using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Sidecar.Life;

/// <summary>
/// Leases that were followed by another and live out their time, since clients keep what they were given until it expires.
/// They are ended with the last, or when the template allows no more at once.
/// </summary>
internal sealed class FormerLeases(BrokerLink broker, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly List<(string Id, DateTimeOffset ExpiresAt)> _all = [];

    public void Add(LeaseView lease, DateTimeOffset expiresAt)
    {
        lock (_gate)
        {
            _all.RemoveAll(former => former.ExpiresAt <= clock.GetUtcNow() && former.Id != lease.Id);
            _all.Add((lease.Id, expiresAt));
        }
    }

    /// <summary>Ends the one that has least left; false where there is none, or it could not be ended.</summary>
    public async Task<bool> EndOldestAsync(CancellationToken cancel)
    {
        string? oldest;
        lock (_gate) oldest = _all.Count == 0 ? null : _all.MinBy(former => former.ExpiresAt).Id;
        return oldest is not null && await EndAsync(oldest, cancel);
    }

    /// <summary>Ends all of them.</summary>
    public async Task<(int Ended, int Left)> EndAllAsync(CancellationToken cancel)
    {
        string[] ids;
        lock (_gate) ids = [.. _all.Select(former => former.Id).Distinct()];
        var ended = (await Task.WhenAll(ids.Select(id => EndAsync(id, cancel)))).Count(done => done);
        return (ended, ids.Length - ended);
    }

    private async Task<bool> EndAsync(string id, CancellationToken cancel)
    {
        try
        {
            await broker.AskAsync(client => client.RevokeLeaseAsync(id, "given back by the sidecar", cancel), cancel);
        }
        catch (Exception fault) when (fault is OperationCanceledException || Failure.Of(fault) is not null)
        {
            // What the broker does not know any more is over.
            if (fault is not Protocol.BrokerException { Problem.Code: Protocol.ReasonCodes.LeaseUnknown }) return false;
        }

        lock (_gate) _all.RemoveAll(former => former.Id == id);
        return true;
    }
}
