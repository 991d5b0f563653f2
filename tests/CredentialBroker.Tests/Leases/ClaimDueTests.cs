using System.Collections.Concurrent;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Leases;

/// <summary>Who may end what is due (the sweep's part of R21).</summary>
public sealed class ClaimDueTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly Approvals.HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_is_due_at_the_target_is_taken_oldest_first_and_up_to_the_limit(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var now = _clock.NowMs();
        var due = new List<Lease>();
        foreach (var ago in new[] { 10, 30, 20, 0 }) due.Add(await SomeLease.OpenAsync(replica, l => l with { DueAt = now - ago }));
        await SomeLease.OpenAsync(replica, l => l with { DueAt = now + 1 });
        await SomeLease.OpenAsync(replica, l => l with { DueAt = null });
        await SomeLease.OpenAsync(replica, l => l with { DueAt = now, Target = "other" });

        var first = await SomeLease.ClaimAsync(replica, limit: 3);
        Assert.Equal([due[1].Id, due[2].Id, due[0].Id], first.Select(l => l.Id));
        Assert.Equal(due[1] with { ClaimOwner = replica.Journal.Writer }, first[0]);
        Assert.Equal(first[0], await SomeLease.FindAsync(replica, first[0].Id));
        Assert.Equal(due[3].Id, Assert.Single(await SomeLease.ClaimAsync(replica)).Id);
        Assert.Empty(await SomeLease.ClaimAsync(replica));
        Assert.Single(await SomeLease.ClaimAsync(replica, target: "other"));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_claim_is_taken_over_once_its_owner_was_silent_for_five_seconds_and_not_before(string provider)
    {
        await using var dead = await OpenAsync(provider, postgres, clock: _clock);
        await using var live = await dead.AnotherAsync();
        var lease = await SomeLease.OpenAsync(dead, l => l with { DueAt = 0 });
        Assert.Single(await SomeLease.ClaimAsync(dead));
        Assert.Empty(await SomeLease.ClaimAsync(live));
        Assert.Empty(await SomeLease.ClaimAsync(live, later: 4999));
        Assert.Equal(live.Journal.Writer, Assert.Single(await SomeLease.ClaimAsync(live, later: 5000)).ClaimOwner);

        // Its result comes too late to count.
        var late = _clock.NowMs() + 100_000;
        Assert.Equal(ReasonCodes.LeaseBusy, await dead.CodeAsync(LeaseMoves.Ended(lease.Id, dead.Journal.Writer, late), Thing("told")));
        Assert.Equal(ReasonCodes.LeaseBusy, await dead.CodeAsync(LeaseMoves.EndFailed(lease.Id, dead.Journal.Writer, late, "e")));
        Assert.Equal(ReasonCodes.LeaseBusy, await dead.CodeAsync(LeaseMoves.EndAgain(lease.Id, dead.Journal.Writer)));
        Assert.Equal(ReasonCodes.LeaseBusy, await dead.CodeAsync(LeaseMoves.Release(lease.Id, dead.Journal.Writer, late)));
        Assert.Null(await live.CodeAsync(LeaseMoves.Ended(lease.Id, live.Journal.Writer, late)));
        Assert.Equal(0, await dead.ThingsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_claim_of_a_writer_that_nobody_knows_is_free(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        await SomeLease.OpenAsync(replica, l => l with { DueAt = 0, ClaimOwner = "gone" });
        Assert.Single(await SomeLease.ClaimAsync(replica));
    }

    [Fact]
    public async Task Replicas_that_claim_at_once_never_take_the_same_lease_and_leave_none()
    {
        await using var one = await OpenAsync("postgres", postgres, clock: _clock);
        await using var two = await one.AnotherAsync();
        for (var i = 0; i < 200; i++) await SomeLease.OpenAsync(one, l => l with { DueAt = i });
        var taken = new ConcurrentBag<string>();
        await Task.WhenAll(new[] { one, two, one, two }.Select(replica => Task.Run(async () =>
        {
            // What another holds under lock for a moment is skipped, so that an empty answer is not the end.
            while (await replica.NumberAsync("SELECT count(*) FROM leases WHERE claim_owner IS NULL") > 0)
            {
                foreach (var lease in await SomeLease.ClaimAsync(replica, limit: 3)) taken.Add(lease.Id);
            }
        }))).WaitAsync(Patience);
        Assert.Equal(200, taken.Count);
        Assert.Equal(200, taken.Distinct().Count());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_lease_that_a_move_of_the_same_batch_changed_is_claimed_as_it_is_then_or_not_at_all(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var now = _clock.NowMs();
        var ended = await SomeLease.ActiveAsync(replica, l => l with { DueAt = now, OpSettlesAt = now });
        Assert.Null(await replica.CodeAsync(LeaseMoves.BeginRenew(ended.Id, "op-2", now, now + 5)));
        await replica.ExecuteAsync("UPDATE leases SET due_at = 0");
        var activated = await SomeLease.OpenAsync(replica, l => l with { DueAt = now });
        var claim = new ClaimDue("orders-db", replica.Journal.Writer, now, 100);
        var codes = await replica.TogetherAsync([claim], [LeaseMoves.EndNow(ended.Id, now, Causes.Revoked)], [SomeLease.Activate(replica, activated)]);
        Assert.All(codes, Assert.Null);

        var taken = Assert.Single(claim.Taken);
        Assert.Equal((ended.Id, Causes.Revoked, replica.Journal.Writer), (taken.Id, taken.EndsBecause, taken.ClaimOwner));
        Assert.Equal(taken, await SomeLease.FindAsync(replica, ended.Id));
        var other = (await SomeLease.FindAsync(replica, activated.Id))!;
        Assert.Equal((LeaseState.Active, (string?)null), (other.State, other.ClaimOwner));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_credential_whose_end_is_under_way_is_not_handed_out_and_its_mint_is_ended_after_it(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var now = _clock.NowMs();
        var lease = await SomeLease.OpenAsync(replica, l => l with { DueAt = now, OpSettlesAt = now + 60_000 });
        Assert.Single(await SomeLease.ClaimAsync(replica));
        // The sweep found nothing at the target; then the mint took effect there.
        Assert.Equal(ReasonCodes.LeaseOver, await replica.CodeAsync(SomeLease.Activate(replica, lease), Thing("issued")));
        Assert.Null(await replica.CodeAsync(LeaseMoves.Abandon(lease.Id, SomeLease.Op, now, certain: true, "may not be used")));
        Assert.Equal(ReasonCodes.LeaseBusy, await replica.CodeAsync(LeaseMoves.Ended(lease.Id, replica.Journal.Writer, now)));
        Assert.Single(await SomeLease.ClaimAsync(replica));
        Assert.Null(await replica.CodeAsync(LeaseMoves.Ended(lease.Id, replica.Journal.Writer, now)));
        Assert.Equal(0, await replica.ThingsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_renewal_does_not_outrun_an_end_that_is_under_way(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var now = _clock.NowMs();
        var lease = await SomeLease.ActiveAsync(replica);
        Assert.Null(await replica.CodeAsync(LeaseMoves.BeginRenew(lease.Id, "op-2", now, now + 700_000)));
        // Judged at a time when the lease had not ended, written when the sweep had it already.
        Assert.Single(await SomeLease.ClaimAsync(replica, later: 600_000));
        var renewed = new Renewed(now + 900_000, Causes.Ttl, now + 900_000, null, null);
        Assert.Equal(ReasonCodes.LeaseOver, await replica.CodeAsync(LeaseMoves.Renew(lease.Id, "op-2", now, renewed)));
        Assert.Equal(ReasonCodes.LeaseOver, await replica.CodeAsync(LeaseMoves.Reissue(lease.Id, now, renewed)));
        Assert.Equal(ReasonCodes.LeaseOver, await replica.CodeAsync(LeaseMoves.BeginRenew(lease.Id, "op-3", now + 700_001, now + 800_000)));
        Assert.Equal(ReasonCodes.LeaseBusy, await replica.CodeAsync(LeaseMoves.Ended(lease.Id, replica.Journal.Writer, now + 699_999)));
        Assert.Null(await replica.CodeAsync(LeaseMoves.Ended(lease.Id, replica.Journal.Writer, now + 700_000)));
    }
}
