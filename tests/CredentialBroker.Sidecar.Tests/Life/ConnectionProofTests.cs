using CredentialBroker.Sidecar.Identity;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Life;

/// <summary>The workload is proven by the connection itself: claims, the stream of events, and what comes when the agent rotates.</summary>
public sealed class ConnectionProofTests : Rig
{
    private const string Checkout = "spiffe://prod.example/shop/checkout";
    private readonly SpiffeAuthority _authority = new();

    protected override bool UsesTls => true;

    [Fact]
    public async Task A_rotated_certificate_is_shown_by_the_next_call_and_by_the_next_stream()
    {
        await using var agent = await SpiffeAgent.StartAsync(PathOf("agent.sock"));
        var first = Rotated(agent);
        var options = Options("aws");
        options.Broker.CaFile = PathOf("broker-ca.pem");
        options.Identity = new IdentityOptions { Kind = "spiffe-x509", Socket = $"unix://{PathOf("agent.sock")}", SpiffeId = Checkout };
        await using var sidecar = await StartAsync(options);
        await UntilAsync(() => Log.ToString().Contains("events: open", StringComparison.Ordinal));
        Assert.All(Broker.Shown, shown => Assert.Equal(first, shown.Thumbprint));

        // A stream that is open goes on; what comes anew is proven anew, and the broker believes the former no more.
        var second = Rotated(agent);
        Broker.Certificates = Broker.Certificates.Remove(first);
        Broker.CutStreams();
        await UntilAsync(() => Broker.Shown.Any(shown => shown == ("GET /v1/workload/events", second)));
        Broker.Frozen = true;
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        Broker.Frozen = false;
        await UntilAsync(() => sidecar.Leases.AreAllHeld);
        Broker.End(Broker.Live.Single().Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        Assert.Empty(agent.Undocumented);
    }

    [Fact]
    public async Task A_certificate_that_the_broker_does_not_know_gets_nothing_and_neither_does_a_broker_that_is_not_believed()
    {
        await using var agent = await SpiffeAgent.StartAsync(PathOf("agent.sock"));
        Broker.Certificates = Broker.Certificates.Remove(Rotated(agent));
        var options = Options("aws");
        options.Broker.CaFile = PathOf("broker-ca.pem");
        options.Identity = new IdentityOptions { Kind = "spiffe-x509", Socket = $"unix://{PathOf("agent.sock")}" };
        await using (await StartAsync(options, held: false)) await UntilAsync(() => Log.ToString().Contains(Protocol.ReasonCodes.EvidenceMissing, StringComparison.Ordinal));
        var asked = Broker.Requests.Count;
        // Without the authority, the system's are believed, and none of them signed for this broker.
        options.Broker.CaFile = null;
        await using (await StartAsync(options, held: false)) await UntilAsync(() => Log.ToString().Contains("broker_unreachable", StringComparison.Ordinal));
        Assert.Equal(asked, Broker.Requests.Count);
        Assert.Equal(0, Broker.Minted);
    }

    private string Rotated(SpiffeAgent agent)
    {
        var leaf = _authority.Issue(Checkout);
        agent.Rotate(Checkout, leaf, _authority.Between);
        Broker.Certificates = Broker.Certificates.Add(leaf.Thumbprint);
        return leaf.Thumbprint;
    }
}
