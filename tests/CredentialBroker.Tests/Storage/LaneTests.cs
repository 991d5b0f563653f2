using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

public sealed class LaneTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static StorageOptions Small(StorageOptions options) => options with { BatchLimit = 8, QueueLimit = 64 };

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Control_work_goes_into_the_next_batch_however_much_issuing_waits(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, Small);
        var stall = await Stall.BeginAsync(replica.Journal);
        var issuing = Enumerable.Range(0, 64).Select(i => replica.Journal.CommitAsync(Lane.Issuing, Numbered($"i{i:d2}"))).ToArray();
        var control = Enumerable.Range(0, 4).Select(i => replica.Journal.CommitAsync(Lane.Control, Numbered($"c{i}"))).ToArray();
        await stall.EndAsync();
        await Task.WhenAll([.. issuing, .. control]).WaitAsync(Patience);

        // Batch 1 is the stall's. All control work is in batch 2, and issuing fills what is left of it.
        var batches = await BatchesAsync(replica);
        Assert.Equal([2, 2, 2, 2], batches.Where(b => b.Id[0] == 'c').Select(b => b.Batch));
        Assert.Equal(["i00", "i01", "i02", "i03"], batches.Where(b => b.Id[0] == 'i' && b.Batch == 2).Select(b => b.Id));
        Assert.All(batches.GroupBy(b => b.Batch), b => Assert.InRange(b.Count(), 1, 8));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_quarter_of_a_batch_is_never_filled_with_issuing(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, Small);
        var stall = await Stall.BeginAsync(replica.Journal);
        var issuing = Enumerable.Range(0, 12).Select(i => replica.Journal.CommitAsync(Lane.Issuing, Numbered($"i{i:d2}"))).ToArray();
        await stall.EndAsync();
        await Task.WhenAll(issuing).WaitAsync(Patience);
        Assert.Equal([6, 6], (await BatchesAsync(replica)).GroupBy(b => b.Batch).Select(b => b.Count()));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Work_that_waits_to_be_alone_does_not_take_the_reserved_lane(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, Small);
        var stall = await Stall.BeginAsync(replica.Journal);
        // Two of each key: the second of each is set aside for the batch after.
        var issuing = Enumerable.Range(0, 16).Select(i => replica.Journal.CommitAsync(Lane.Issuing, new OncePerBatch($"k{i / 2}"), Numbered($"i{i:d2}"))).ToArray();
        var control = Enumerable.Range(0, 8).Select(i => replica.Journal.CommitAsync(Lane.Control, Numbered($"c{i}"))).ToArray();
        await stall.EndAsync();
        await Task.WhenAll([.. issuing, .. control]).WaitAsync(Patience);

        var batches = await BatchesAsync(replica);
        Assert.All(batches.Where(b => b.Id[0] == 'c'), b => Assert.Equal(2, b.Batch));
        var place = batches.ToDictionary(b => b.Id, b => b.Batch);
        for (var i = 0; i < 16; i += 2) Assert.True(place[$"i{i:d2}"] < place[$"i{i + 1:d2}"], "two works with one key shared a batch or changed places");
    }

    [Theory, InlineData("sqlite", true), InlineData("sqlite", false), InlineData("postgres", true), InlineData("postgres", false)]
    public async Task A_full_queue_refuses_and_writes_nothing_while_the_other_lane_is_open(string provider, bool control)
    {
        await using var replica = await OpenAsync(provider, postgres, Small);
        var (full, open) = control ? (Lane.Control, Lane.Issuing) : (Lane.Issuing, Lane.Control);
        var stall = await Stall.BeginAsync(replica.Journal);
        var waiting = Enumerable.Range(0, 64).Select(i => replica.Journal.CommitAsync(full, Thing($"t{i}"))).ToArray();
        Assert.Throws<JournalFullException>(() => { _ = replica.Journal.CommitAsync(full, Thing("too much")); });
        var other = replica.Journal.CommitAsync(open, Thing("other"));
        await stall.EndAsync();
        Assert.All(await Task.WhenAll([.. waiting, other]).WaitAsync(Patience), Assert.Null);
        Assert.Equal(65, await replica.ThingsAsync());
        Assert.Null(await replica.Journal.CommitAsync(full, Thing("again")).WaitAsync(Patience));
    }

    [Fact]
    public async Task Issuing_that_fills_its_queue_behind_a_slow_store_does_not_keep_control_out()
    {
        await using var replica = await OpenAsync("postgres", postgres, Small);
        Assert.Null(await replica.CodeAsync(Thing("x")));
        await using var slow = await Session.BeginAsync(replica.Options.ConnectionString!, "SELECT * FROM things WHERE id = 'x' FOR UPDATE");
        var issuing = new List<Task> { replica.Journal.CommitAsync(Lane.Issuing, new PlainWrite("UPDATE things SET n = 1 WHERE id = 'x'")) };
        await slow.UntilJournalWaitsAsync();
        try
        {
            while (true) issuing.Add(replica.Journal.CommitAsync(Lane.Issuing, Numbered($"i{issuing.Count:d2}")));
        }
        catch (JournalFullException)
        {
            // Saturated.
        }

        var control = replica.Journal.CommitAsync(Lane.Control, Numbered("c"));
        await slow.RunAsync("ROLLBACK");
        await Task.WhenAll([.. issuing, control]).WaitAsync(Patience);
        Assert.Equal(3, (await BatchesAsync(replica)).Single(b => b.Id == "c").Batch);
    }

    /// <summary>A thing that remembers the batch it came with.</summary>
    private static PlainWrite Numbered(string id) =>
        new("INSERT INTO things (id, n) SELECT @id, max(batch) FROM journal_writers", ("id", id));

    private static Task<List<(string Id, long Batch)>> BatchesAsync(Replica replica) => replica.Store.ListAsync(
        Pool.Control, new Statement("SELECT id, n FROM things WHERE n > 1 ORDER BY n, id"), row => (row.GetString(0), row.GetInt64(1)), default);
}
