using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.FrontEnds.AwsMetadata;
using CredentialBroker.Sidecar.FrontEnds.AzureAppService;
using CredentialBroker.Sidecar.FrontEnds.AzureMetadata;
using CredentialBroker.Sidecar.FrontEnds.GoogleMetadata;
using CredentialBroker.Sidecar.FrontEnds.GoogleSubjectToken;
using CredentialBroker.Sidecar.FrontEnds.TokenFiles;
using CredentialBroker.Sidecar.FrontEnds.Vault;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.FrontEnds;

/// <summary>The wire shapes of the clouds' own endpoints, and what each refuses.</summary>
public sealed class CloudTests : Rig
{
    private const string Resource = "https://vault.azure.net";

    [Fact]
    public async Task AWS_metadata_gives_credentials_to_whoever_asked_for_a_token_first()
    {
        var options = Options("aws");
        options.FrontEnds.AwsMetadata = new AwsMetadataOptions { Lease = "aws", Listen = "127.0.0.1:0", Role = "orders" };
        await using var sidecar = await StartAsync(options);
        using var caller = new Caller(FrontEnd<AwsMetadataFrontEnd>(sidecar).Port);
        const string Ttl = "X-aws-ec2-metadata-token-ttl-seconds", Header = "X-aws-ec2-metadata-token", Path = "/latest/meta-data/iam/security-credentials/";
        foreach (var wrong in new[] { "0", "21601", "x", "-1", "" }) Assert.Equal(400, (await caller.SendAsync(HttpMethod.Put, "/latest/api/token", null, (Ttl, wrong))).Status);
        Assert.Equal(405, (await caller.GetAsync("/latest/api/token", (Ttl, "60"))).Status);
        Assert.Equal(403, (await caller.SendAsync(HttpMethod.Put, "/latest/api/token", null, (Ttl, "60"), ("X-Forwarded-For", "10.0.0.1"))).Status);
        var token = await caller.SendAsync(HttpMethod.Put, "/latest/api/token", null, (Ttl, "60"));
        Assert.Equal((200, "60"), (token.Status, token.Headers[Ttl]));
        Assert.Equal("orders", (await caller.GetAsync(Path, (Header, token.Body))).Body);
        var credentials = await caller.GetAsync(Path + "orders", (Header, token.Body));
        Assert.Equal(("Success", "AWS-HMAC", "ASIAEXAMPLE1", "session-token-1"), (credentials.Text("Code"), credentials.Text("Type"), credentials.Text("AccessKeyId"), credentials.Text("Token")));
        Assert.Equal("eu-central-1", (await caller.GetAsync("/latest/meta-data/placement/region", (Header, token.Body))).Body);
        Assert.Equal(404, (await caller.GetAsync(Path + "other", (Header, token.Body))).Status);
        foreach (var forged in new[] { "", "AAAA", token.Body + "A", token.Body[1..], new string('A', token.Body.Length) }) Assert.Equal(401, (await caller.GetAsync(Path, (Header, forged))).Status);
        Assert.Equal(401, (await caller.GetAsync(Path)).Status);
        Assert.Equal(200, (await caller.GetAsync(Path, (Header, token.Body), ("Host", $"169.254.169.254:{FrontEnd<AwsMetadataFrontEnd>(sidecar).Port}"))).Status);
    }

    [Fact]
    public void A_metadata_token_is_good_for_as_long_as_it_was_asked_for()
    {
        var clock = new CredentialBroker.Tests.TestInfra.FakeClock();
        var tokens = new SessionTokens(clock);
        var token = tokens.Make(60);
        Assert.True(tokens.IsGood(token));
        Assert.False(new SessionTokens(clock).IsGood(token));
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.False(tokens.IsGood(token));
    }

    [Fact]
    public async Task App_Service_gives_tokens_for_the_resources_that_are_configured()
    {
        var options = Options("azure");
        options.FrontEnds.AzureAppService = new AzureAppServiceOptions { Resources = { [Resource] = "azure" }, Listen = "127.0.0.1:0", HeaderFile = PathOf("header") };
        await using var sidecar = await StartAsync(options);
        using var caller = new Caller(FrontEnd<AzureAppServiceFrontEnd>(sidecar).Port);
        var secret = ("X-IDENTITY-HEADER", File.ReadAllText(PathOf("header")));
        var path = $"/msi/token?api-version=2019-08-01&resource={Uri.EscapeDataString(Resource + "/")}";
        var reply = await caller.GetAsync(path, secret);
        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal(("azure-token-1", "Bearer", Resource + "/", "cccccccc-0000-4000-8000-000000000003"), (reply.Text("access_token"), reply.Text("token_type"), reply.Text("resource"), reply.Text("client_id")));
        Assert.InRange(long.Parse(reply.Text("expires_on")!, null), Clock.GetUtcNow().AddMinutes(9).ToUnixTimeSeconds(), Clock.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds());
        Assert.Equal(200, (await caller.GetAsync(path + "&client_id=cccccccc-0000-4000-8000-000000000003", secret)).Status);
        foreach (var wrong in new[] { "/msi/token?resource=x", "/msi/token?api-version=2017-09-01&resource=" + Resource, "/msi/token?api-version=2019-08-01&resource=https://other.example", path + "&client_id=other", path + "&mi_res_id=x", "/msi/token?api-version=2019-08-01" }) Assert.Equal(400, (await caller.GetAsync(wrong, secret)).Status);
        Assert.Equal(401, (await caller.GetAsync(path)).Status);
        Assert.Equal(401, (await caller.GetAsync(path, ("X-IDENTITY-HEADER", "x"))).Status);
        // A token that the resource refused is not given again; this one is too new to be followed by another.
        var refused = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("azure-token-1")));
        Assert.Equal(500, (await caller.GetAsync($"{path}&token_sha256_to_refresh={refused}", secret)).Status);
        Assert.Equal(200, (await caller.GetAsync($"{path}&token_sha256_to_refresh={new string('0', 64)}", secret)).Status);
        Assert.Equal(1, Broker.Minted);
    }

    [Fact]
    public async Task Azure_metadata_answers_a_probe_with_400_and_tokens_with_the_header()
    {
        var options = Options("azure");
        options.FrontEnds.AzureMetadata = new AzureMetadataOptions { Resources = { [Resource] = "azure" }, Listen = "127.0.0.1:0" };
        await using var sidecar = await StartAsync(options);
        using var caller = new Caller(FrontEnd<AzureMetadataFrontEnd>(sidecar).Port);
        var path = $"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={Resource}";
        Assert.Equal(400, (await caller.GetAsync(path)).Status);
        var reply = await caller.GetAsync(path, ("Metadata", "true"));
        Assert.Equal((200, "azure-token-1", "Bearer"), (reply.Status, reply.Text("access_token"), reply.Text("token_type")));
        Assert.True(long.Parse(reply.Text("expires_in")!, null) > 500);
        Assert.Equal(404, (await caller.GetAsync("/metadata/identity/getplatformmetadata?cred-api-version=2.0", ("Metadata", "true"))).Status);
        Broker.End(Broker.Live.Single().Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        var over = await caller.GetAsync(path, ("Metadata", "true"));
        Assert.Equal((403, ReasonCodes.LeaseOver), (over.Status, over.Text("error")));
    }

    [Fact]
    public async Task Google_metadata_speaks_only_to_those_who_know_it()
    {
        var options = Options("gcp");
        options.FrontEnds.GoogleMetadata = new GoogleMetadataOptions { Lease = "gcp", Listen = "127.0.0.1:0", Email = "orders@shop.iam.gserviceaccount.com", Project = "shop" };
        await using var sidecar = await StartAsync(options);
        using var caller = new Caller(FrontEnd<GoogleMetadataFrontEnd>(sidecar).Port);
        var flavor = ("Metadata-Flavor", "Google");
        const string Accounts = "/computeMetadata/v1/instance/service-accounts/";
        Assert.Equal(403, (await caller.GetAsync("/")).Status);
        foreach (var path in new[] { "/", "/computeMetadata/v1/instance", "/computeMetadata/v1/project/project-id", Accounts, Accounts + "default/email", Accounts + "default/token", Accounts + "none/token", "/none" })
        {
            var any = await caller.GetAsync(path, flavor);
            Assert.Equal(path.Contains("none", StringComparison.Ordinal) ? 404 : 200, any.Status);
            Assert.Equal("Google", any.Headers["Metadata-Flavor"]);
        }

        var token = await caller.GetAsync(Accounts + "orders@shop.iam.gserviceaccount.com/token?scopes=a,b", flavor);
        Assert.Equal("application/json", token.ContentType);
        Assert.Equal(("ya29.gcp-1", "Bearer"), (token.Text("access_token"), token.Text("token_type")));
        Assert.InRange(token.Json.GetProperty("expires_in").GetInt32(), 540, 600);
        Assert.Equal("orders@shop.iam.gserviceaccount.com", (await caller.GetAsync(Accounts + "default/?recursive=true", flavor)).Text("email"));
        Assert.Equal(404, (await caller.GetAsync("/computeMetadata/v1/project/numeric-project-id", flavor)).Status);
    }

    [Fact]
    public async Task Googles_subject_token_is_at_the_URL_that_the_written_configuration_names()
    {
        var options = Options("token");
        options.FrontEnds.GoogleSubjectToken = new GoogleSubjectTokenOptions { Lease = "token", Listen = "127.0.0.1:0", ConfigurationFile = PathOf("google.json"), Provider = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/r" };
        await using (await StartAsync(options))
        {
            var written = System.Text.Json.JsonDocument.Parse(File.ReadAllText(PathOf("google.json"))).RootElement;
            var source = written.GetProperty("credential_source");
            var url = new Uri(source.GetProperty("url").GetString()!);
            using var caller = new Caller(url.Port);
            Assert.Equal(401, (await caller.GetAsync(url.AbsolutePath)).Status);
            var header = source.GetProperty("headers").EnumerateObject().Single();
            var reply = await caller.GetAsync(url.AbsolutePath, (header.Name, header.Value.GetString()!));
            Assert.Equal("header.claims.signature1", reply.Text(source.GetProperty("format").GetProperty("subject_token_field_name").GetString()!));
            Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(PathOf("google.json")));
        }

        Assert.False(File.Exists(PathOf("google.json")));
    }

    [Fact]
    public async Task R25_Vaults_clients_read_what_leases_hold_and_no_token()
    {
        var options = Options("secret");
        options.FrontEnds.Vault = new VaultOptions { Listen = "127.0.0.1:0", Paths = { ["database/creds/orders"] = new VaultPathOptions { Lease = "secret" }, ["kv/data/app"] = new VaultPathOptions { Lease = "secret", Kv2 = true } } };
        await using var sidecar = await StartAsync(options);
        using var caller = new Caller(FrontEnd<VaultFrontEnd>(sidecar).Port);
        var (header, stranger) = (("X-Vault-Request", "true"), ("X-Vault-Token", "hvs.whatever"));
        Assert.Equal(412, (await caller.GetAsync("/v1/database/creds/orders", stranger)).Status);
        var reply = await caller.GetAsync("/v1/database/creds/orders", header, stranger);
        Assert.Equal(200, reply.Status);
        Assert.Equal(("v-user-1", "v-pass-1"), (reply.Json.GetProperty("data").GetProperty("username").GetString(), reply.Json.GetProperty("data").GetProperty("password").GetString()));
        Assert.StartsWith("database/creds/orders/", reply.Text("lease_id"), StringComparison.Ordinal);
        var renewed = await caller.SendAsync(HttpMethod.Put, "/v1/sys/leases/renew", $$"""{"lease_id":"{{reply.Text("lease_id")}}","increment":60}""", header);
        Assert.InRange(renewed.Json.GetProperty("lease_duration").GetInt32(), 540, 600);
        Assert.Equal("v-user-1", (await caller.GetAsync("/v1/kv/data/app", header)).Json.GetProperty("data").GetProperty("data").GetProperty("username").GetString());
        Assert.Equal("2", (await caller.GetAsync("/v1/sys/internal/ui/mounts/kv/data/app", header)).Json.GetProperty("data").GetProperty("options").GetProperty("version").GetString());
        Assert.Equal(200, (await caller.GetAsync("/v1/sys/health", header)).Status);
        foreach (var path in new[] { "/v1/database/creds/other", "/v1/auth/token/create", "/v1/sys/mounts", "/v1/database/creds/orders/" })
        {
            var denied = await caller.GetAsync(path, header);
            Assert.Equal((403, "permission denied"), (denied.Status, denied.Json.GetProperty("errors")[0].GetString()));
        }

        Assert.Equal(400, (await caller.SendAsync(HttpMethod.Put, "/v1/sys/leases/renew", "no json", header)).Status);
        Assert.Equal(400, (await caller.SendAsync(HttpMethod.Put, "/v1/sys/leases/renew", """{"lease_id":"other"}""", header)).Status);
        Assert.DoesNotContain("hvs.", reply.Body, StringComparison.Ordinal);
        Assert.Equal(1, Broker.Minted);
    }

    [Fact]
    public async Task A_federated_token_lies_in_its_file_for_as_long_as_it_is_held()
    {
        var options = Options("token");
        options.FrontEnds.TokenFiles["azure"] = new TokenFileOptions { Lease = "token", Path = PathOf("federated") };
        await using var sidecar = await StartAsync(options);
        await UntilAsync(() => File.Exists(PathOf("federated")));
        Assert.Equal("header.claims.signature1", File.ReadAllText(PathOf("federated")));
        Broker.Frozen = true;
        await UntilAsync(() => !File.Exists(PathOf("federated")));
        Broker.Frozen = false;
        await UntilAsync(() => File.Exists(PathOf("federated")));
    }
}
