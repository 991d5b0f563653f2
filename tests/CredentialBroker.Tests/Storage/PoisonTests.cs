using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

public sealed class PoisonTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    public static TheoryData<string, string> Poisons => new()
    {
        { "sqlite", "duplicate" }, { "sqlite", "half a pair" }, { "sqlite", "wrong statement" }, { "postgres", "wrong statement" }, { "sqlite", "no null" }, { "sqlite", "broken guard" },
        { "postgres", "duplicate" }, { "postgres", "half a pair" }, { "postgres", "no null" }, { "postgres", "broken guard" }, { "postgres", "zero character" },
    };

    [Theory, MemberData(nameof(Poisons))]
    public async Task A_unit_that_the_store_rejects_fails_alone(string provider, string poison)
    {
        await using var replica = await OpenAsync(provider, postgres);
        Assert.Null(await replica.CodeAsync(Thing("taken")));
        Work[] bad = poison switch
        {
            "duplicate" => [Thing("first"), Thing("taken")],
            "half a pair" => [Thing("first"), Thing("half", said: "\ud83d")],
            "no null" => [Thing("first"), new PlainWrite("INSERT INTO things (id) VALUES (@id)", ("id", "none"))],
            "wrong statement" => [Thing("first"), new PlainWrite("INSERT INTO things (id, n) VALUES (@id, no_such_column)", ("id", "wrong"))],
            "broken guard" => [Thing("first"), new Never(new FormatException("a guard that breaks"))],
            _ => [Thing("first"), Thing("zero", said: "a\0b")],
        };

        var stall = await Stall.BeginAsync(replica.Journal);
        var before = Enumerable.Range(0, 30).Select(i => replica.Journal.CommitAsync(Lane.Issuing, Thing($"b{i}"))).ToArray();
        var rejected = replica.Journal.CommitAsync(Lane.Issuing, bad);
        var after = Enumerable.Range(0, 20).Select(i => replica.Journal.CommitAsync(Lane.Issuing, Thing($"a{i}"))).ToArray();
        await stall.EndAsync();

        await Assert.ThrowsAsync<UnitRejectedException>(() => rejected.WaitAsync(Patience));
        Assert.All(await Task.WhenAll([.. before, .. after]).WaitAsync(Patience), Assert.Null);
        Assert.Equal(51, await replica.ThingsAsync());
        Assert.DoesNotContain("first", await replica.ThingIdsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Several_poisons_in_one_batch_each_fail_alone(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var stall = await Stall.BeginAsync(replica.Journal);
        // Every tenth has the id of the one before it.
        var outcomes = Enumerable.Range(0, 100).Select(i => replica.Journal.CommitAsync(Lane.Issuing, Thing($"t{(i % 10 == 9 ? i - 1 : i)}"))).ToArray();
        await stall.EndAsync();
        await Task.WhenAll(outcomes.Select(o => o.ContinueWith(_ => { }, TaskScheduler.Default))).WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 100).Where(i => i % 10 == 9), Enumerable.Range(0, 100).Where(i => outcomes[i].IsFaulted));
        Assert.All(outcomes.Where(o => o.IsFaulted), o => Assert.IsType<UnitRejectedException>(o.Exception!.InnerException));
        Assert.Equal(90, await replica.ThingsAsync());
    }

    [Fact]
    public async Task A_text_with_a_zero_character_is_kept_by_SQLite()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        Assert.Null(await replica.CodeAsync(Thing("zero", said: "a\0b")));
        Assert.Equal(1, await replica.ThingsAsync());
    }
}
