using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.AwsMetadata;
using CredentialBroker.Sidecar.FrontEnds.AzureAppService;
using CredentialBroker.Sidecar.FrontEnds.AzureMetadata;
using CredentialBroker.Sidecar.FrontEnds.GoogleMetadata;
using CredentialBroker.Sidecar.FrontEnds.GoogleSubjectToken;
using CredentialBroker.Sidecar.FrontEnds.Vault;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Hosting;

/// <summary>What every listener refuses, tried at each of them with what would else be answered.</summary>
public sealed class EveryListenerTests : Rig
{
    private const string Resource = "https://vault.azure.net";

    [Fact]
    public async Task What_is_refused_is_refused_by_each_of_them()
    {
        await using var sidecar = await StartAsync(Configured());
        Assert.Equal(7, sidecar.FrontEnds.Listening.Count);
        foreach (var frontEnd in sidecar.FrontEnds.Listening)
        {
            using var caller = new Caller(frontEnd.Port);
            var (path, shown) = await GoodAsync(frontEnd, caller);
            var good = await caller.GetAsync(path, shown);
            Assert.True(good.Status == 200 && IsCredential(good), $"{frontEnd.Name}: {good}");
            foreach (var (name, refused) in new[]
                     {
                         ("another Host", await caller.GetAsync(path, [.. shown, ("Host", "evil.example")])),
                         ("another port", await caller.GetAsync(path, [.. shown, ("Host", $"127.0.0.1:{frontEnd.Port + 1}")])),
                         ("forwarded", await caller.GetAsync(path, [.. shown, ("X-Forwarded-For", "10.0.0.1")])),
                         ("from a browser", await caller.GetAsync(path, [.. shown, ("Origin", "http://127.0.0.1")])),
                         ("with a body", await caller.SendAsync(HttpMethod.Get, path, "body", shown)),
                         ("another path", await caller.GetAsync("/nothing" + path, shown)),
                         ("another method", await caller.SendAsync(HttpMethod.Delete, path, null, shown)),
                         ("nothing shown", await caller.GetAsync(path)),
                         ("a wrong one", await caller.GetAsync(path, [.. shown.Select(header => (header.Name, header.Value + "x"))])),
                     })
            {
                Assert.True(refused.Status is >= 400 and < 500 && !IsCredential(refused), $"{frontEnd.Name}, {name}: {refused}");
            }

            // It goes on for those who ask as they should.
            Assert.Equal(200, (await caller.GetAsync(path, shown)).Status);
        }

        Assert.Equal(5, Broker.Minted);
    }

    private static bool IsCredential(Reply reply) => new[] { "secret-key-", "azure-token-", "ya29.gcp-", "header.claims.", "v-pass-" }.Any(secret => reply.Body.Contains(secret, StringComparison.Ordinal));

    /// <summary>What each dialect wants to hear and to be shown.</summary>
    private async Task<(string Path, (string Name, string Value)[] Shown)> GoodAsync(HttpFrontEnd frontEnd, Caller caller) => frontEnd switch
    {
        AwsContainerFrontEnd => ("/v1/credentials", [("Authorization", await File.ReadAllTextAsync(PathOf("aws")))]),
        AwsMetadataFrontEnd => ("/latest/meta-data/iam/security-credentials/aws", [("X-aws-ec2-metadata-token", (await caller.SendAsync(HttpMethod.Put, "/latest/api/token", null, ("X-aws-ec2-metadata-token-ttl-seconds", "60"))).Body)]),
        AzureAppServiceFrontEnd => ($"/msi/token?api-version=2019-08-01&resource={Resource}", [("X-IDENTITY-HEADER", await File.ReadAllTextAsync(PathOf("azure")))]),
        AzureMetadataFrontEnd => ($"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={Resource}", [("Metadata", "true")]),
        GoogleSubjectTokenFrontEnd => ("/subject-token", [("X-Credbroker-Caller", System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(PathOf("google.json"))).RootElement.GetProperty("credential_source").GetProperty("headers").GetProperty("X-Credbroker-Caller").GetString()!)]),
        GoogleMetadataFrontEnd => ("/computeMetadata/v1/instance/service-accounts/default/token", [("Metadata-Flavor", "Google")]),
        VaultFrontEnd => ("/v1/database/creds/orders", [("X-Vault-Request", "true")]),
        _ => throw new InvalidOperationException($"{frontEnd.Name} is new here"),
    };

    private Sidecar.Configuration.SidecarOptions Configured()
    {
        const string AnyPort = "127.0.0.1:0";
        var options = Options("aws", "azure", "gcp", "token", "secret");
        options.FrontEnds.AwsContainer = new() { Lease = "aws", Listen = AnyPort, TokenFile = PathOf("aws") };
        options.FrontEnds.AwsMetadata = new() { Lease = "aws", Listen = AnyPort };
        options.FrontEnds.AzureAppService = new() { Resources = { [Resource] = "azure" }, Listen = AnyPort, HeaderFile = PathOf("azure") };
        options.FrontEnds.AzureMetadata = new() { Resources = { [Resource] = "azure" }, Listen = AnyPort };
        options.FrontEnds.GoogleSubjectToken = new() { Lease = "token", Listen = AnyPort, ConfigurationFile = PathOf("google.json"), Provider = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/r" };
        options.FrontEnds.GoogleMetadata = new() { Lease = "gcp", Listen = AnyPort, Email = "orders@shop.test", Project = "shop" };
        options.FrontEnds.Vault = new() { Listen = AnyPort, Paths = { ["database/creds/orders"] = new VaultPathOptions { Lease = "secret" } } };
        return options;
    }
}
