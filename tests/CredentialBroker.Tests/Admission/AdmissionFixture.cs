using CredentialBroker.Clusters;

namespace CredentialBroker.Admission;

/// <summary>One gated cluster for all tests of a class.</summary>
public sealed class AdmissionFixture : IAsyncLifetime
{
    internal ClusterRig Rig { get; private set; } = null!;

    public async Task InitializeAsync() => Rig = await ClusterRig.StartAsync();

    public async Task DisposeAsync() => await Rig.DisposeAsync();
}
