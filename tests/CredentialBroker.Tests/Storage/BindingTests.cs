using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Npgsql;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

/// <summary>Values reach the columns they are named for, on both stores alike.</summary>
public sealed class BindingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Insert = "INSERT INTO things (id, n, said) VALUES (@id, @n, @said)";

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Values_go_by_name_in_whatever_order_they_come(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        Assert.Null(await replica.CodeAsync(new PlainWrite(Insert, ("id", "one"), ("n", 1), ("said", "first"))));
        Assert.Null(await replica.CodeAsync(new PlainWrite(Insert, ("said", "second"), ("id", "two"), ("n", 2))));
        Assert.Equal(["one 1 first", "two 2 second"], await SaidAsync(replica, ("low", 0), ("high", 9)));
        Assert.Equal(["one 1 first", "two 2 second"], await SaidAsync(replica, ("high", 9), ("low", 0)));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_value_that_is_not_given_is_no_null(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        await Assert.ThrowsAsync<UnitRejectedException>(() => replica.CodeAsync(new PlainWrite(Insert, ("id", "one"), ("n", 1))));
        Assert.Null(await replica.CodeAsync(new PlainWrite(Insert, ("id", "two"), ("n", 2), ("said", null))));
        await Assert.ThrowsAsync<UnitRejectedException>(() => replica.CodeAsync(new PlainWrite(Insert, ("id", "three"), ("n", 3))));
        Assert.Equal(["two"], await replica.ThingIdsAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Texts_keep_what_they_are(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        string[] texts = ["", " ", "ü \"quoted\" \\ 🙂", new string('x', 5000), "'; DROP TABLE things; --"];
        foreach (var (at, text) in texts.Index()) Assert.Null(await replica.CodeAsync(Thing($"t{at}", at, text)));
        Assert.Equal(texts, await replica.Store.ListAsync(Pool.Control, new Statement("SELECT said FROM things ORDER BY n"), row => row.GetString(0), default));
    }

    [Fact]
    public async Task What_is_read_after_a_lock_is_the_newest_whatever_the_database_s_default()
    {
        var connection = await postgres.NewDatabaseAsync("journal", PrepareAsync);
        await using (var owner = new NpgsqlConnection(connection + ";Pooling=false"))
        {
            await owner.OpenAsync();
            await using var set = owner.CreateCommand();
            set.CommandText = $"ALTER DATABASE \"{owner.Database}\" SET default_transaction_isolation = 'repeatable read'";
            await set.ExecuteNonQueryAsync();
        }

        await using var replica = await OnAsync(connection);
        Assert.Null(await replica.CodeAsync(new RowGuard(
            "any", new Statement("SELECT 1 WHERE current_setting('transaction_isolation') = 'read committed'"), new Refusal(ReasonCodes.FactsChanged, "reads are as old as the transaction"))));
    }

    private static Task<List<string>> SaidAsync(Replica replica, params (string, object?)[] values) => replica.Store.ListAsync(
        Pool.Issuing, new Statement("SELECT id, n, said FROM things WHERE n >= @low AND n <= @high ORDER BY n") { Values = values },
        row => $"{row.GetString(0)} {row.GetInt64(1)} {row.GetString(2)}", default);
}
