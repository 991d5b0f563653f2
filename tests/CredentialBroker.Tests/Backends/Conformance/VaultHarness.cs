using System.Globalization;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Vault;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Accounts of a database engine, at the stand-in or at a real Vault.</summary>
internal sealed class VaultHarness(VaultRig rig) : Harness
{
    public override bool EndsAtTarget => true;

    public override bool MintsAgain => false;

    public override bool Lists => true;

    public static async Task<VaultHarness> StartAsync(PostgresFixture? real)
    {
        var rig = await VaultRig.StartAsync(real);
        return new VaultHarness(rig) { Backend = rig.Backend };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline) => rig.Order(life, deadline);

    /// <summary>A real Vault ends what a revoked token has read from a queue of its own, a moment later.</summary>
    public override async Task<bool> WorksAsync(Secret secret)
    {
        for (var looks = rig.StandIn is null ? 5 : 1; looks > 1 && await rig.WorksAsync(secret); looks--) await Task.Delay(200);
        return await rig.WorksAsync(secret);
    }

    /// <summary>What was read ends with its own lease or with its token, whichever is first.</summary>
    public override async Task<long> ExpiryAsync(string handle, Secret secret) => Math.Min(At((await rig.TokenAsync(handle))!), At((await rig.LeaseAsync(handle))!));

    /// <summary>A token that nothing was read with is nothing that a workload could use.</summary>
    public override async Task<bool> ExistsAsync(string handle) => Handle.Find(handle, "secret") is null
        ? rig.StandIn?.State.Locked(() => rig.StandIn.State.Tokens.Values.Any(
            token => token.Accessor == Handle.Find(handle, "accessor") && rig.StandIn.State.Leases.Values.Any(lease => lease.Token == token.Id))) == true
        : await rig.TokenAsync(handle) is not null || await rig.LeaseAsync(handle) is not null;

    public override Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromMilliseconds(100));

    public override ValueTask DisposeAsync() => rig.DisposeAsync();

    private static long At(JsonNode data) => DateTimeOffset.Parse((string)data["expire_time"]!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
