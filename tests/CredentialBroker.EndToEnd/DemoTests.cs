using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The first thing a stranger runs, run as a stranger runs it.</summary>
[Collection("postgres")]
public sealed class DemoTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_demo_tells_the_main_job_and_every_step_holds()
    {
        var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo"));
        Assert.True(demo.Exit == 0, demo.Out + demo.Error);
        Assert.Contains("refused: 403 no_approval", demo.Out, StringComparison.Ordinal);
        Assert.Contains("lease ended, cause task_end; introspection says inactive", demo.Out, StringComparison.Ordinal);
        Assert.Contains("Every step held", demo.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_with_a_database_leaves_no_role_behind()
    {
        var server = await postgres.ServerAsync();
        var connection = await server.CreateDatabaseAsync("demo");
        var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--postgres", connection));
        Assert.True(demo.Exit == 0, demo.Out + demo.Error);
        Assert.Contains("refused: 403 no_approval", demo.Out, StringComparison.Ordinal);
        Assert.Contains("logged in as cb-", demo.Out, StringComparison.Ordinal);
        Assert.Contains("Every step held", demo.Out, StringComparison.Ordinal);

        await using var source = Npgsql.NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand("SELECT count(*) FROM pg_roles WHERE rolname ~ '^(orders_reader|orders_owner|credbroker)_[a-z0-9]{6}$'");
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_told_and_ends_with_1()
    {
        var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--postgres", $"Host=127.0.0.1;Port={LoopbackPorts.FindFree()};Username=nobody;Database=none"));
        Assert.Equal(1, demo.Exit);
        Assert.Contains("this step does not hold", demo.Error, StringComparison.Ordinal);
    }
}
