using CredentialBroker.Backends.Vault;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// kill -9 at every named point while a Vault makes, extends or ends a credential, one store for each act, since which of the two keeps the leases makes no difference to a Vault: nothing stays that no
/// live lease is for, and no lease is lost.
/// </summary>
public sealed class VaultCrashTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public Task R24_Nothing_is_orphaned_at_a_Vault_when_killed_while_issuing() => OnAsync("postgres", scene => CrashRun.IssuingAsync(scene));

    [Fact]
    public Task Nothing_is_lost_at_a_Vault_when_killed_while_renewing() => OnAsync("postgres", scene => CrashRun.RenewingAsync(scene));

    [Fact]
    public Task R21_The_end_at_a_Vault_goes_on_when_killed_while_ending() => OnAsync("sqlite", scene => CrashRun.EndingAsync(scene));

    private async Task OnAsync(string store, Func<CrashScene, Task> run)
    {
        await using var rig = await VaultRig.StartAsync();
        var vault = rig.StandIn!.State;
        await run(new CrashScene(
            rig.AddTo, SceneFolder.Template("orders", $"{{ vault: {{ target: main, engine: database, path: {rig.Path} }} }}", concurrent: 50),
            () => vault.Locked(() => vault.Leases.Values.Select(lease => (string)vault.Tokens[lease.Token].Meta["lease"]!).ToList()))
        {
            Store = await postgres.StoreAsync(store),
        });
    }
}
