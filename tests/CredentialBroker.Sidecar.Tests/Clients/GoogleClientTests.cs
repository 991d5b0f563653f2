using CredentialBroker.Sidecar.FrontEnds.GoogleMetadata;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients;

/// <summary>Google's own library for Python, unmodified.</summary>
public sealed class GoogleClientTests : Rig
{
    private const string Get = """
        import google.auth, google.auth.transport.requests
        c, project = google.auth.default()
        c.refresh(google.auth.transport.requests.Request())
        print(c.token, project, c.service_account_email)
        """;

    [ClientFact(ClientFactAttribute.Python, "google.auth.transport.requests")]
    public async Task Google_auth_finds_the_metadata_server_and_fails_when_the_lease_is_revoked()
    {
        var options = Options("gcp");
        options.FrontEnds.GoogleMetadata = new GoogleMetadataOptions { Lease = "gcp", Listen = "127.0.0.1:0", Email = "orders@shop.iam.gserviceaccount.com", Project = "shop" };
        await using var sidecar = await StartAsync(options);
        var host = FrontEnd<GoogleMetadataFrontEnd>(sidecar).Host;
        var environment = new Dictionary<string, string> { ["GCE_METADATA_HOST"] = host, ["GCE_METADATA_ROOT"] = host, ["GCE_METADATA_IP"] = host };
        var ran = await Client.RunAsync(environment, ClientFactAttribute.Python, "-c", Get);
        Assert.True(ran.Out == "ya29.gcp-1 shop orders@shop.iam.gserviceaccount.com\n", ran.ToString());
        Broker.End(Broker.Live.Single().Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        Assert.NotEqual(0, (await Client.RunAsync(environment, ClientFactAttribute.Python, "-c", Get)).Exit);
    }
}
