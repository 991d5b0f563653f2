using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Incidents;

/// <summary>Counts the leases of one target that end in the same way.</summary>
/// <param name="begun">When the revocation began to take effect, in UTC milliseconds.</param>
internal sealed class ReportTally(string target, Revocability revocability, long begun)
{
    private readonly List<long> _took = [];
    private long _leases, _dead, _alive;
    private long? _usable;

    public void Add(ReportRow row)
    {
        _leases++;
        if (row.DeadAt is not null) _dead++;
        if (row.AliveAt is not null) _alive++;
        // What had ended by itself before took no time of this revocation's.
        if (row.EndedAt is { } ended) _took.Add(Math.Max(0, ended - begun));
        else _usable = Math.Max(_usable ?? 0, row.DiesBy);
    }

    public ReportClass View()
    {
        _took.Sort();
        return new ReportClass(target, revocability, _leases, _took.Count, Within(0.5), Within(0.99), Within(1), _dead, _alive, _usable is { } until ? ReportRow.At(until) : null);
    }

    /// <summary>So soon was a share of the ended ones ended.</summary>
    private long? Within(double share) => _took.Count == 0 ? null : _took[Math.Max(0, (int)Math.Ceiling(share * _took.Count) - 1)];
}
