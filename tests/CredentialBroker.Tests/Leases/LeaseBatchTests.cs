using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Leases;

public sealed class LeaseBatchTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly Approvals.HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_lease_is_read_as_it_was_written(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var full = await SomeLease.OpenAsync(replica, l => l with
        {
            Task = "ü \"quoted\" \\ 🙂", Fingerprint = "f", ClaimOwner = "o", Attempts = 3, LastError = "e", Cause = "c", EndedAt = 7,
            Revocability = Revocability.ExpiryOnly, State = LeaseState.Ending,
        });
        Assert.Equal(full, await SomeLease.FindAsync(replica, full.Id));
        var bare = await SomeLease.OpenAsync(replica, l => l with { OpId = null, OpSettlesAt = null, DueAt = null });
        Assert.Equal(bare, await SomeLease.FindAsync(replica, bare.Id));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_lease_that_the_store_cannot_hold_is_rejected_alone(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var good = SomeLease.Lease(replica);
        var stall = await Stall.BeginAsync(replica.Journal);
        var opened = replica.Journal.CommitAsync(Lane.Issuing, new LeaseOpen(good, 9));
        var half = replica.Journal.CommitAsync(Lane.Issuing, new LeaseOpen(SomeLease.Lease(replica) with { Task = "\ud83d" }, 9));
        var twice = replica.Journal.CommitAsync(Lane.Issuing, new LeaseOpen(good, 9));
        await stall.EndAsync();
        Assert.Null(await opened.WaitAsync(Patience));
        await Assert.ThrowsAsync<UnitRejectedException>(() => half.WaitAsync(Patience));
        await Assert.ThrowsAsync<UnitRejectedException>(() => twice.WaitAsync(Patience));
        Assert.Equal(1, await replica.NumberAsync("SELECT count(*) FROM leases"));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task The_second_move_of_a_lease_sees_the_first_although_they_came_together(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var (one, two, three) = (await SomeLease.OpenAsync(replica), await SomeLease.OpenAsync(replica), await SomeLease.OpenAsync(replica));
        var now = _clock.NowMs();
        var codes = await replica.TogetherAsync(
            [SomeLease.Activate(replica, one)], [LeaseMoves.EndNow(one.Id, now, Causes.Revoked)],
            [SomeLease.Activate(replica, two)], [SomeLease.Activate(replica, two), Thing("activated twice")],
            [LeaseMoves.EndNow(three.Id, now, Causes.Revoked)], [SomeLease.Activate(replica, three), Thing("activated after its end")]);
        Assert.Equal([null, null, null, ReasonCodes.LeaseOver, null, ReasonCodes.LeaseOver], codes);

        var first = (await SomeLease.FindAsync(replica, one.Id))!;
        Assert.Equal((LeaseState.Active, now, Causes.Revoked, now, "fingerprint"), (first.State, first.EndsAt, first.EndsBecause, first.DueAt, first.Fingerprint));
        Assert.Equal(two.EndsAt, (await SomeLease.FindAsync(replica, two.Id))!.DueAt);
        Assert.Equal(LeaseState.Pending, (await SomeLease.FindAsync(replica, three.Id))!.State);
        Assert.Equal(0, await replica.ThingsAsync());
        // The stall's batch, the firsts together, the seconds together.
        Assert.Equal(6, await replica.BatchAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Of_three_that_open_together_against_a_limit_of_one_exactly_one_does(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var other = SomeLease.Lease(replica) with { WorkloadId = "w2" };
        var another = SomeLease.Lease(replica) with { Template = "reports" };
        var codes = await replica.TogetherAsync(
            [new Never(), new LeaseOpen(SomeLease.Lease(replica), 1)], [new LeaseOpen(SomeLease.Lease(replica), 1)], [new LeaseOpen(SomeLease.Lease(replica), 1)],
            [new LeaseOpen(SomeLease.Lease(replica), 1)], [new LeaseOpen(other, 1)], [new LeaseOpen(another, 1)]);
        Assert.Equal(["never", null, ReasonCodes.ConcurrentLeases, ReasonCodes.ConcurrentLeases, null, null], codes);
        Assert.Equal(ReasonCodes.ConcurrentLeases, await replica.CodeAsync(new LeaseOpen(SomeLease.Lease(replica), 1)));
        Assert.Null(await replica.CodeAsync(new LeaseOpen(SomeLease.Lease(replica), 2)));
        Assert.Equal(4, await replica.NumberAsync("SELECT count(*) FROM leases"));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task An_ended_lease_moves_to_the_ended_ones_and_makes_room(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var lease = await SomeLease.ActiveAsync(replica);
        Assert.Equal(ReasonCodes.ConcurrentLeases, await replica.CodeAsync(new LeaseOpen(SomeLease.Lease(replica), 1)));
        Assert.Null(await replica.CodeAsync(LeaseMoves.EndNow(lease.Id, _clock.NowMs(), Causes.Revoked)));
        Assert.Single(await SomeLease.ClaimAsync(replica));
        Assert.Null(await replica.CodeAsync(LeaseMoves.Ended(lease.Id, replica.Journal.Writer, _clock.NowMs())));

        Assert.Equal(0, await replica.NumberAsync("SELECT count(*) FROM leases"));
        var ended = (await SomeLease.FindAsync(replica, lease.Id))!;
        Assert.Equal((LeaseState.Ended, Causes.Revoked, _clock.NowMs(), (long?)null, (string?)null), (ended.State, ended.Cause, ended.EndedAt, ended.DueAt, ended.ClaimOwner));
        Assert.Null(await replica.CodeAsync(new LeaseOpen(SomeLease.Lease(replica), 1)));
        Assert.Equal(ReasonCodes.LeaseOver, await replica.CodeAsync(LeaseMoves.EndNow(lease.Id, _clock.NowMs() + 1, Causes.Incident)));
    }

    [Theory, InlineData("sqlite", "task", "job/42"), InlineData("postgres", "task", "job/42"), InlineData("sqlite", "approval_id", "approval-1"), InlineData("postgres", "template", "orders-read")]
    public async Task The_end_of_all_reaches_a_lease_activated_and_one_opened_in_the_same_batch(string provider, string column, string value)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var (lease, opened) = (await SomeLease.OpenAsync(replica), SomeLease.Lease(replica));
        var other = await SomeLease.OpenAsync(replica, l => l with { Task = "other", ApprovalId = "other", Template = "other" });
        var now = _clock.NowMs();
        var codes = await replica.TogetherAsync([LeaseStore.EndAllOf(column, value, now, Causes.TaskEnd)], [SomeLease.Activate(replica, lease)], [new LeaseOpen(opened, 9)]);
        Assert.All(codes, Assert.Null);
        Assert.Equal(4, await replica.BatchAsync());
        foreach (var id in new[] { lease.Id, opened.Id })
        {
            var found = (await SomeLease.FindAsync(replica, id))!;
            Assert.Equal((now, Causes.TaskEnd, now), (found.EndsAt, found.EndsBecause, found.DueAt));
        }

        Assert.Equal(other, await SomeLease.FindAsync(replica, other.Id));
        Assert.Throws<ArgumentOutOfRangeException>(() => LeaseStore.EndAllOf("id = '' OR 1 = 1 OR task", value, now, Causes.TaskEnd));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task An_idempotency_key_is_granted_once_although_two_came_together(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var codes = await replica.TogetherAsync(
            [new ClaimKey("k", "h", "refused", 1), new Never()], [new ClaimKey("k", "h", "first", 1), Thing("first")],
            [new ClaimKey("k", "h", "second", 1), Thing("second")], [new ClaimKey("other", "h", "third", 1)]);
        Assert.Equal(["never", null, ClaimKey.Taken, null], codes);
        Assert.Equal(["first"], await replica.ThingIdsAsync());
        Assert.Equal(("first", "h"), await replica.Leases.FindClaimAsync("k", default));
        Assert.Null(await replica.Leases.FindClaimAsync("nothing", default));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task One_time_evidence_is_used_once_although_two_came_together(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var codes = await replica.TogetherAsync(
            [new Attestation.EvidenceUse("e", 1), new Never()], [new Attestation.EvidenceUse("e", 1)],
            [new Attestation.EvidenceUse("e", 1), Thing("replayed")], [new Attestation.EvidenceUse("other", 1)]);
        Assert.Equal(["never", null, ReasonCodes.EvidenceReplayed, null], codes);
        Assert.Equal(ReasonCodes.EvidenceReplayed, await replica.CodeAsync(new Attestation.EvidenceUse("e", 2)));
        Assert.Equal(0, await replica.ThingsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Lists_are_newest_first_page_by_page_and_ended_ones_apart(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        await Population.SeenAsync(replica, "w1");
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            ids.Add((await SomeLease.OpenAsync(replica, l => l with { DueAt = 0 })).Id);
        }

        var gone = (await SomeLease.ClaimAsync(replica, limit: 1)).Single().Id;
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(await replica.CodeAsync(LeaseMoves.Ended(gone, replica.Journal.Writer, _clock.NowMs())));
        ids.Remove(gone);
        ids.Reverse();
        var all = new Protocol.Selectors.Selector([]);
        var first = await replica.Leases.ListAsync(all, ended: false, null, 2, default);
        Assert.Equal(ids.Take(2), first.Select(l => l.Lease.Id));
        Assert.Equal(ids.Skip(2), (await replica.Leases.ListAsync(all, ended: false, first[^1].Lease.Id, 9, default)).Select(l => l.Lease.Id));
        Assert.Equal(gone, Assert.Single(await replica.Leases.ListAsync(all, ended: true, null, 9, default)).Lease.Id);
        Assert.Equal(gone, (await replica.Leases.FindAsync(Pool.Control, gone, default))!.Lease.Id);
        Assert.Equal("orders-db", Assert.Single(await replica.Leases.DueTargetsAsync(_clock.NowMs(), default)));
        Assert.Empty(await replica.Leases.DueTargetsAsync(-1, default));
    }

    [Fact]
    public async Task Lists_begin_with_the_newest_in_a_database_that_sorts_as_people_do()
    {
        var server = await postgres.ServerAsync();
        await using (var session = new Npgsql.NpgsqlConnection(server.SuperuserConnectionString()))
        {
            await session.OpenAsync();
            await using var create = new Npgsql.NpgsqlCommand("CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'", session);
            await create.ExecuteNonQueryAsync();
        }

        await PrepareAsync(server.SuperuserConnectionString("sorted"));
        await using var replica = await OnAsync(server.SuperuserConnectionString("sorted"), clock: _clock);
        await Population.SeenAsync(replica, "w1");
        var lease = await SomeLease.OpenAsync(replica);
        Assert.Equal(lease.Id, Assert.Single(await replica.Leases.ListAsync(new Protocol.Selectors.Selector([]), ended: false, null, 9, default)).Lease.Id);
    }
}
