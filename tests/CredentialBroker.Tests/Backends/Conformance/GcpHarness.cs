using CredentialBroker.Backends.Gcp;

namespace CredentialBroker.Backends.Conformance;

/// <summary>One mode of the gcp backend, at the stand-in, with a boundary around its tokens.</summary>
internal sealed class GcpHarness(GcpRig rig, MovedClock time, string mode) : Harness
{
    public override bool EndsAtTarget => false;

    public override TimeSpan? OwnLife => mode == GcpGrant.Federated ? TimeSpan.FromHours(1) : null;

    public static async Task<GcpHarness> StartAsync(string mode)
    {
        var time = new MovedClock();
        var rig = await GcpRig.StartAsync(time);
        return new GcpHarness(rig, time, mode) { Backend = rig.Backend };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline) => rig.Order(rig.Grant(mode, new AccessBoundary("orders-eu", [StandInStorage.Viewer], "invoices/")), life, deadline);

    public override Task<bool> WorksAsync(Secret secret) => rig.ListsAsync(secret);

    public override Task<long> ExpiryAsync(string handle, Secret secret) =>
        Task.FromResult(rig.StandIn.State.Locked(() => rig.StandIn.State.Tokens[GcpRig.Token(secret)].Expires.ToUnixTimeMilliseconds()));

    public override Task PassAsync(TimeSpan passed)
    {
        time.Pass(passed);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => rig.DisposeAsync();
}
