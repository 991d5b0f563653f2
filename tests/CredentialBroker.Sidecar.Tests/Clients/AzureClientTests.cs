using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.FrontEnds.AzureAppService;
using CredentialBroker.Sidecar.FrontEnds.AzureMetadata;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients;

/// <summary>Azure's own library for Python, unmodified.</summary>
public sealed class AzureClientTests : Rig
{
    private const string Resource = "https://vault.azure.net";

    [ClientFact(ClientFactAttribute.Python, "azure.identity")]
    public async Task Azure_identity_gets_tokens_through_App_Service_until_the_lease_is_revoked()
    {
        var options = Options("azure");
        options.FrontEnds.AzureAppService = new AzureAppServiceOptions { Resources = { [Resource] = "azure" }, Listen = "127.0.0.1:0", HeaderFile = PathOf("header") };
        await using var sidecar = await StartAsync(options);
        var environment = new Dictionary<string, string> { ["IDENTITY_ENDPOINT"] = FrontEnd<AzureAppServiceFrontEnd>(sidecar).Endpoint, ["IDENTITY_HEADER"] = File.ReadAllText(PathOf("header")) };
        foreach (var kind in new[] { "ManagedIdentityCredential", "DefaultAzureCredential" })
        {
            var ran = await GetAsync(environment, kind);
            Assert.True(ran.Out == "azure-token-1\n", ran.ToString());
        }

        Broker.End(Broker.Live.Single().Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        var refused = await GetAsync(environment, "ManagedIdentityCredential");
        Assert.NotEqual(0, refused.Exit);
        Assert.Contains(ReasonCodes.LeaseOver, refused.Error, StringComparison.Ordinal);
        environment["IDENTITY_HEADER"] = "wrong";
        Assert.NotEqual(0, (await GetAsync(environment, "ManagedIdentityCredential")).Exit);
    }

    [ClientFact(ClientFactAttribute.Python, "azure.identity")]
    public async Task Azure_identity_finds_the_metadata_service_by_its_probe()
    {
        var options = Options("azure");
        options.FrontEnds.AzureMetadata = new AzureMetadataOptions { Resources = { [Resource] = "azure" }, Listen = "127.0.0.1:0" };
        await using var sidecar = await StartAsync(options);
        var ran = await GetAsync(new Dictionary<string, string> { ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = $"http://127.0.0.1:{FrontEnd<AzureMetadataFrontEnd>(sidecar).Port}" }, "ManagedIdentityCredential");
        Assert.True(ran.Out == "azure-token-1\n", ran.ToString());
    }

    private static Task<Client> GetAsync(Dictionary<string, string> environment, string kind) =>
        Client.RunAsync(environment, ClientFactAttribute.Python, "-c", $"import azure.identity\nprint(azure.identity.{kind}().get_token('{Resource}/.default').token)");
}
