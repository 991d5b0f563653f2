using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Leases;

/// <summary>Leases to begin with, and what is asked about them.</summary>
internal static class SomeLease
{
    public const string Op = "op-1";

    public static Lease Lease(Replica replica) => Lease(replica.Clock);

    /// <summary>A pending lease of ten minutes whose mint is under way for at most one.</summary>
    public static Lease Lease(TimeProvider clock) => new()
    {
        Id = Ids.New(clock),
        State = LeaseState.Pending,
        Template = "orders-read",
        TemplateRevision = "r1",
        Backend = "postgres",
        Target = "orders-db",
        Environment = "prod",
        WorkloadId = "w1",
        Task = "job/42",
        ApprovalId = "approval-1",
        DecisionId = "decision-1",
        CreatedAt = clock.NowMs(),
        EndsAt = clock.NowMs() + 600_000,
        EndsBecause = Causes.Ttl,
        MaxEndsAt = clock.NowMs() + 3_600_000,
        DiesBy = clock.NowMs() + 600_000,
        Handle = "cb-abc123-lease",
        Revocability = Revocability.Principal,
        OpId = Op,
        OpSettlesAt = clock.NowMs() + 60_000,
        DueAt = clock.NowMs() + 60_000,
    };

    public static async Task<Lease> OpenAsync(Replica replica, Func<Lease, Lease>? change = null)
    {
        var lease = change?.Invoke(Lease(replica)) ?? Lease(replica);
        Assert.Null(await replica.CodeAsync(new LeaseOpen(lease, int.MaxValue)));
        return lease;
    }

    public static async Task<Lease> ActiveAsync(Replica replica, Func<Lease, Lease>? change = null)
    {
        var lease = await OpenAsync(replica, change);
        Assert.Null(await replica.CodeAsync(Activate(replica, lease)));
        return (await FindAsync(replica, lease.Id))!;
    }

    public static LeaseMove Activate(Replica replica, Lease lease) =>
        LeaseMoves.Activate(lease.Id, Op, replica.Clock.NowMs(), lease.DiesBy, null, "fingerprint");

    /// <summary>The lease in whichever table it lies; never in both.</summary>
    public static async Task<Lease?> FindAsync(Replica replica, string id)
    {
        var found = new List<Lease>();
        foreach (var table in new[] { "leases", "ended_leases" })
        {
            found.AddRange(await replica.Store.ListAsync(Pool.Control, new Statement($"SELECT {LeaseColumns.List} FROM {table} WHERE id = @id") { Values = [("id", id)] }, LeaseColumns.Read, default));
        }

        Assert.InRange(found.Count, 0, 1);
        return found.SingleOrDefault();
    }

    public static async Task<List<Lease>> ClaimAsync(Replica replica, long later = 0, int limit = 100, string target = "orders-db")
    {
        var claim = new ClaimDue(target, replica.Journal.Writer, replica.Clock.NowMs() + later, limit);
        Assert.Null(await replica.Journal.CommitAsync(Lane.Control, claim).WaitAsync(Replica.Patience));
        return claim.Taken;
    }
}
