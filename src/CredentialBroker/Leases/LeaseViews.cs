using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Leases;

/// <summary>A lease in the words of the wire.</summary>
internal static class LeaseViews
{
    public static LeaseView Of(LeaseOfWorkload whole)
    {
        var lease = whole.Lease;
        return new LeaseView
        {
            Id = lease.Id,
            State = lease.State.ToString().ToLowerInvariant(),
            Template = lease.Template,
            TemplateRevision = lease.TemplateRevision,
            Backend = lease.Backend,
            Target = lease.Target,
            Environment = lease.Environment,
            Task = lease.Task,
            Approval = lease.ApprovalId,
            Decision = lease.DecisionId,
            Workload = whole.Uri,
            Source = whole.Source,
            Instance = whole.Instance,
            IssuedAt = At(lease.CreatedAt),
            EndsAt = At(lease.EndsAt),
            EndsBecause = lease.EndsBecause,
            MaxEndsAt = At(lease.MaxEndsAt),
            DiesBy = At(lease.DiesBy),
            Revocability = lease.Revocability,
            Cause = lease.Cause,
            EndedAt = lease.EndedAt is { } ended ? At(ended) : null,
            Attempts = lease.Attempts,
            Stuck = lease.Stuck,
            LastError = lease.LastError,
            Fingerprint = lease.Fingerprint,
            Exception = lease.Exception,
            NotEquivalent = lease.NotEquivalent,
            SeenDeadAt = whole.DeadAt is { } dead ? At(dead) : null,
            TimeToDeadMs = whole.DeadAt - lease.EndsAt,
            SeenAliveAt = whole.AliveAt is { } alive ? At(alive) : null,
        };
    }

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
