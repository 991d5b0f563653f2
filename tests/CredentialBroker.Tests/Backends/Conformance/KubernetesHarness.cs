using CredentialBroker.Backends.Kubernetes;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Service account tokens, at the stand-in or at a real cluster.</summary>
internal sealed class KubernetesHarness(KubernetesRig rig) : Harness
{
    /// <summary>No token is shorter, so that every life is asked for on top of it.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(BoundToken.ShortestSeconds);

    public override bool EndsAtTarget => true;

    public override bool MintsAgain => false;

    public override bool Lists => true;

    public static async Task<KubernetesHarness> StartAsync(bool real)
    {
        var rig = await KubernetesRig.StartAsync(real);
        return new KubernetesHarness(rig)
        {
            // A real API server remembers for its ten seconds that a token was good.
            Backend = real ? new Remembering(rig.Backend, TimeSpan.Zero, rig.Backend.ExpectedLatency + TimeSpan.FromSeconds(1)) : rig.Backend,
        };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline) => rig.Order(life + Shortest, deadline);

    public override Task<bool> WorksAsync(Secret secret) => rig.WorksAsync(secret);

    public override Task<long> ExpiryAsync(string handle, Secret secret) => Task.FromResult(KubernetesRig.Claims(secret).GetProperty("exp").GetInt64() * 1000);

    /// <summary>A Secret that no token was bound to is nothing that a workload could use.</summary>
    public override async Task<bool> ExistsAsync(string handle) => rig.StandIn is { } standIn
        ? standIn.Locked(state => state.Signed.Contains(Handle.Find(handle, "uid") ?? "none") && state.Secrets.Values.Any(one => (string?)one["metadata"]!["uid"] == Handle.Find(handle, "uid")))
        : Handle.Find(handle, "n") is not ("0" or null) && await rig.Backend.ProbeAsync(handle, default) == Probe.Alive;

    public override Task PassAsync(TimeSpan time)
    {
        if (rig.StandIn is null) return Task.Delay(time + Shortest);
        rig.Time.Pass(time + Shortest);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => rig.DisposeAsync();
}
