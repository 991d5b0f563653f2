using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

public sealed class GroupCommitTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_thousand_that_wait_together_share_a_handful_of_commits(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var stall = await Stall.BeginAsync(replica.Journal);
        var outcomes = Enumerable.Range(0, 1000).Select(i => replica.Journal.CommitAsync(Lane.Issuing, Thing($"t{i:d4}", i))).ToArray();
        await stall.EndAsync();
        Assert.All(await Task.WhenAll(outcomes).WaitAsync(Patience), Assert.Null);
        // One of the stall, and three of at most three quarters of 512.
        Assert.Equal(4, await replica.BatchAsync());
        Assert.Equal(1000, await replica.ThingsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_thousand_at_once_each_stand_when_their_caller_hears_of_it(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var seen = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(async () =>
        {
            Assert.Null(await replica.CodeAsync(Thing($"t{i:d4}", i)));
            return i % 50 != 0 || await replica.NumberAsync($"SELECT count(*) FROM things WHERE id = 't{i:d4}'") == 1;
        })));
        Assert.DoesNotContain(false, seen);
        Assert.InRange(await replica.BatchAsync(), 1, 999);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Units_take_effect_in_the_order_they_came(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        Assert.Null(await replica.CodeAsync(Thing("x")));
        var codes = await replica.TogetherAsync([.. Enumerable.Range(1, 100).Select(i => new Work[] { new PlainWrite(
            "UPDATE things SET n = @n WHERE id = 'x' AND n = @before", ("n", i), ("before", i - 1)) })]);
        Assert.All(codes, Assert.Null);
        Assert.Equal(100, await replica.NumberAsync("SELECT n FROM things"));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_unit_whose_guard_says_no_leaves_nothing_and_its_neighbours_stand(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var codes = await replica.TogetherAsync([Thing("a", 1)], [Thing("b", 2), new Never(), Thing("c", 3)], [new Never()], [Thing("d", 4)]);
        Assert.Equal([null, "never", "never", null], codes);
        Assert.Equal(["a", "d"], await replica.ThingIdsAsync());
        Assert.Equal(2, await replica.BatchAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_batch_that_is_refused_whole_does_not_upset_the_next(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("never", await replica.CodeAsync(Thing($"no{i}"), new Never()));
            Assert.Null(await replica.CodeAsync(Thing($"yes{i}", i)));
        }

        Assert.Equal(["yes0", "yes1", "yes2"], await replica.ThingIdsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_was_accepted_before_the_end_is_committed_and_nothing_is_accepted_after(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var stall = await Stall.BeginAsync(replica.Journal);
        var outcomes = Enumerable.Range(0, 50).Select(i => replica.Journal.CommitAsync(Lane.Issuing, Thing($"t{i}"))).ToArray();
        var ending = replica.Journal.DisposeAsync().AsTask();
        Assert.Throws<JournalFullException>(() => { _ = replica.Journal.CommitAsync(Lane.Control, Thing("late")); });
        await stall.EndAsync();
        await ending.WaitAsync(Patience);
        Assert.All(await Task.WhenAll(outcomes), Assert.Null);
        Assert.Equal(50, await replica.ThingsAsync());
    }
}
