using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Controls;

public sealed class EpochTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_was_decided_at_another_epoch_is_refused_as_stale(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var epoch = await replica.Controls.ReadEpochAsync(default);
        Assert.Null(await replica.CodeAsync(new EpochGuard(epoch), Thing("now")));
        Assert.Equal("epoch_stale", await replica.CodeAsync(new EpochGuard(epoch - 1), Thing("old")));
        Assert.Equal("epoch_stale", await replica.CodeAsync(new EpochGuard(epoch + 1), Thing("ahead")));
        Assert.Null(await replica.CodeAsync(new EpochBump()));
        Assert.Equal("epoch_stale", await replica.CodeAsync(new EpochGuard(epoch), Thing("bumped")));
        Assert.Null(await replica.CodeAsync(new EpochGuard(epoch + 1), Thing("read again")));
        Assert.Equal(["now", "read again"], await replica.ThingIdsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task In_one_batch_a_guard_holds_before_a_bump_and_not_after_it(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var epoch = await replica.Controls.ReadEpochAsync(default);
        var codes = await replica.TogetherAsync(
            [new EpochGuard(epoch), Thing("before")], [new EpochBump()], [new EpochGuard(epoch), Thing("after")], [new EpochBump(), new Never()],
            [new EpochGuard(epoch + 1), Thing("of the new")], [new EpochBump()]);
        Assert.Equal([null, null, "epoch_stale", "never", null, null], codes);
        Assert.Equal(["before", "of the new"], await replica.ThingIdsAsync());
        Assert.Equal(epoch + 2, await replica.Controls.ReadEpochAsync(default));
    }

    [Fact]
    public async Task A_bump_on_another_replica_makes_what_was_decided_before_it_stale()
    {
        await using var one = await OpenAsync("postgres", postgres);
        await using var two = await one.AnotherAsync();
        var epoch = await one.Controls.ReadEpochAsync(default);
        Assert.Null(await two.CodeAsync(new EpochBump()));
        Assert.Equal("epoch_stale", await one.CodeAsync(new EpochGuard(epoch), Thing("old")));
        Assert.Equal(0, await one.ThingsAsync());
    }

    [Fact]
    public async Task A_bump_waits_for_grants_that_are_being_committed_and_grants_wait_for_it()
    {
        await using var one = await OpenAsync("postgres", postgres);
        await using var two = await one.AnotherAsync();
        var epoch = await one.Controls.ReadEpochAsync(default);
        Assert.Null(await one.CodeAsync(Thing("x")));
        // A grant that took the epoch and is not yet committed.
        await using var slow = await Session.BeginAsync(one.Options.ConnectionString!, "SELECT * FROM things WHERE id = 'x' FOR UPDATE");
        var grant = one.CommitAsync(new EpochGuard(epoch), new PlainWrite("UPDATE things SET n = 1 WHERE id = 'x'"));
        await slow.UntilJournalWaitsAsync();
        var bump = two.CommitAsync(new EpochBump());
        await slow.UntilJournalsWaitAsync(2);
        Assert.False(bump.IsCompleted);
        await slow.RunAsync("ROLLBACK");
        Assert.Null(await grant);
        Assert.Null(await bump);
        Assert.Equal("epoch_stale", await one.CodeAsync(new EpochGuard(epoch)));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Controls_are_read_until_they_are_lifted_or_over_and_each_change_is_recorded(string provider)
    {
        var clock = new Approvals.HeldClock();
        await using var replica = await OpenAsync(provider, postgres, clock: clock);
        var epoch = await replica.Controls.ReadEpochAsync(default);
        var freeze = await replica.Controls.FreezeAsync("namespace=shop", "incident 7", "alice", null);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await replica.Controls.FreezeAsync(ControlStore.All, "drill", "alice", clock.NowMs() + 1000);
        var hold = await replica.Controls.HoldAsync("node=n1", "forensics", "bob", clock.NowMs() + 1000);

        var read = await replica.Controls.ReadAsync(default);
        Assert.Equal(epoch + 3, read.Epoch);
        Assert.Equivalent(freeze, read.Freezes[0], strict: true);
        Assert.True(read.Freezes[1].Selector.Matches(_ => null));
        Assert.Equivalent(hold, Assert.Single(read.Holds), strict: true);

        clock.Advance(TimeSpan.FromSeconds(1));
        read = await replica.Controls.ReadAsync(default);
        Assert.Equal(freeze.Id, Assert.Single(read.Freezes).Id);
        Assert.Empty(read.Holds);
        await replica.Controls.LiftFreezeAsync(freeze.Id, "carol");
        await replica.Controls.LiftHoldAsync(hold.Id, "carol");
        read = await replica.Controls.ReadAsync(default);
        Assert.Empty(read.Freezes);
        Assert.Equal(epoch + 5, read.Epoch);

        var told = await replica.Store.ListAsync(Pool.Control, new Statement("SELECT type FROM audit ORDER BY seq"), row => row.GetString(0), default);
        Assert.Equal(["audit.chain_started", "freeze.set", "freeze.set", "hold.set", "freeze.lifted", "hold.lifted"], told);
    }
}
