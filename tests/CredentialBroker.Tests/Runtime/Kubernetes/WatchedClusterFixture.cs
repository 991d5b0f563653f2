using System.Text.Json.Nodes;
using CredentialBroker.Clusters;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>One watched cluster for all tests of a class.</summary>
public sealed class WatchedClusterFixture : IAsyncLifetime
{
    internal ClusterRig Rig { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Rig = await ClusterRig.StartAsync(configuration => ((JsonArray)configuration["TrustSources"]!["Approvals"]!["admit"]!["Templates"]!).Add("billing"));
        await Rig.Broker.Scene.ActivateAsync(SceneFolder.Token("billing").Replace("[gate]", "[admit]", StringComparison.Ordinal).Replace("shop/checkout", "shop/billing", StringComparison.Ordinal));
    }

    public async Task DisposeAsync() => await Rig.DisposeAsync();
}
