using CredentialBroker.Backends.Vault;
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

    [MotoFact]
    public async Task The_demo_at_an_emulator_of_AWS_makes_a_role_and_takes_it_away()
    {
        await using var moto = await MotoServer.StartAsync(enforces: false);
        var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--aws-endpoint", moto.Url.ToString()));
        Assert.True(demo.Exit == 0, demo.Out + demo.Error);
        Assert.Contains("refused: 403 no_approval", demo.Out, StringComparison.Ordinal);
        Assert.Contains("lease ended, cause task_end; the role is gone", demo.Out, StringComparison.Ordinal);
        Assert.Contains("Every step held", demo.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://sts.example", "an emulator on this machine")]
    [InlineData("http://127.0.0.1:1", "this step does not hold")]
    public async Task An_emulator_of_AWS_that_cannot_be_used_is_told(string address, string said)
    {
        var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--aws-endpoint", address));
        Assert.NotEqual(0, demo.Exit);
        Assert.Contains(said, demo.Error, StringComparison.Ordinal);
    }

    /// <summary>At the stand-in always, and at a real Vault where VAULT_ADDR and VAULT_TOKEN are set.</summary>
    [Fact]
    public async Task The_demo_with_a_Vault_leaves_nothing_behind_in_it()
    {
        await using var standIn = await VaultStandIn.StartAsync();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, VaultStandIn.RootToken + "\n");
            var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--vault", standIn.Url.ToString(), "--vault-token-file", file));
            Assert.True(demo.Exit == 0, demo.Out + demo.Error);
            Assert.Contains("refused: 403 no_approval", demo.Out, StringComparison.Ordinal);
            Assert.Contains("the certificate is on Vault's revocation list", demo.Out, StringComparison.Ordinal);
            Assert.Contains("Every step held", demo.Out, StringComparison.Ordinal);
            Assert.DoesNotContain(VaultStandIn.RootToken, demo.Out + demo.Error, StringComparison.Ordinal);
            Assert.Empty(standIn.State.Mounts.Keys.Concat(standIn.State.Doors.Keys).Concat(standIn.State.Policies.Keys));
            Assert.Empty(standIn.Undocumented);
            if (!VaultRig.HasReal) return;
            await File.WriteAllTextAsync(file, Environment.GetEnvironmentVariable("VAULT_TOKEN"));
            var real = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--vault", Environment.GetEnvironmentVariable("VAULT_ADDR")!, "--vault-token-file", file));
            Assert.True(real.Exit == 0, real.Out + real.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("http://vault.example:8200", 1, "must be https")]
    [InlineData("http://127.0.0.1:1", 1, "this step does not hold")]
    [InlineData("vault", 2, "--vault ADDRESS")]
    public async Task A_Vault_that_cannot_be_used_is_told(string address, int exit, string said)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "root");
            var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--vault", address, "--vault-token-file", file));
            Assert.Equal(exit, demo.Exit);
            Assert.Contains(said, demo.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_told_and_ends_with_1()
    {
        var demo = await Shell.RunAsync(Shell.Program("CredentialBroker.dll", "demo", "--postgres", $"Host=127.0.0.1;Port={LoopbackPorts.FindFree()};Username=nobody;Database=none"));
        Assert.Equal(1, demo.Exit);
        Assert.Contains("this step does not hold", demo.Error, StringComparison.Ordinal);
    }
}
