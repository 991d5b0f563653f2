using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.AwsMetadata;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients;

/// <summary>AWS's command line and boto3, unmodified: each way in, first use, the next credential, a revoked lease, a broker that is away.</summary>
public sealed class AwsClientTests : Rig
{
    private const string Aws = "/usr/bin/aws";

    /// <summary>What boto3 believes its credentials are, without calling AWS.</summary>
    private const string Boto = """
        import boto3
        c = boto3.Session(region_name='eu-central-1').get_credentials()
        if c is None: raise SystemExit('no credentials')
        f = c.get_frozen_credentials()
        print(f.access_key, f.secret_key, f.token)
        """;

    [ClientFact(ClientFactAttribute.Python, "boto3")]
    public async Task Boto3_uses_container_credentials_follows_the_next_and_fails_when_the_lease_is_revoked()
    {
        await using var sidecar = await StartAsync(Configured());
        var environment = Container(sidecar);
        Assert.Equal("ASIAEXAMPLE1 secret-key-1 session-token-1\n", (await Client.RunAsync(environment, ClientFactAttribute.Python, "-c", Boto)).Out);
        await RevokeAsync(sidecar);
        var refused = await Client.RunAsync(environment, ClientFactAttribute.Python, "-c", Boto);
        Assert.NotEqual(0, refused.Exit);
        Assert.Contains(ReasonCodes.LeaseOver, refused.Error, StringComparison.Ordinal);
    }

    /// <summary>One session over the end of a credential: botocore asks again by itself, and gets the one of that moment.</summary>
    [ClientFact(ClientFactAttribute.Python, "boto3")]
    public async Task A_session_of_boto3_follows_from_one_credential_to_the_next()
    {
        Broker.Templates["aws"] = The.Aws with { Ttl = TimeSpan.FromSeconds(6) };
        await using var sidecar = await StartAsync(Configured());
        var ran = await Client.RunAsync(Container(sidecar), ClientFactAttribute.Python, "-c", """
            import boto3, time
            c = boto3.Session().get_credentials()
            seen = []
            for i in range(60):
                k = c.get_frozen_credentials().access_key
                if k not in seen: seen.append(k)
                if len(seen) == 3: break
                time.sleep(0.25)
            print(*seen)
            """);
        Assert.True(ran.Exit == 0, ran.ToString());
        Assert.Equal(3, ran.Out.Trim().Split(' ').Length);
    }

    [ClientFact(ClientFactAttribute.Python, "boto3")]
    public async Task Boto3_uses_the_metadata_service()
    {
        var options = Options("aws");
        options.FrontEnds.AwsMetadata = new AwsMetadataOptions { Lease = "aws", Listen = "127.0.0.1:0" };
        await using var sidecar = await StartAsync(options);
        var ran = await Client.RunAsync(new Dictionary<string, string> { ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = $"http://127.0.0.1:{FrontEnd<AwsMetadataFrontEnd>(sidecar).Port}/" }, ClientFactAttribute.Python, "-c", Boto);
        Assert.Equal("ASIAEXAMPLE1 secret-key-1 session-token-1\n", ran.Out);
    }

    [ClientFact(Aws)]
    public async Task The_command_line_reads_both_ways_in_and_says_why_when_there_is_nothing()
    {
        await using var sidecar = await StartAsync(Configured());
        File.WriteAllText(PathOf("config"), $"[profile orders]\ncredential_process = {string.Join(' ', Client.Sidecar)} aws --lease aws --socket {PathOf("sock")}\n");
        var process = new Dictionary<string, string> { ["AWS_CONFIG_FILE"] = PathOf("config"), ["AWS_PROFILE"] = "orders" };
        foreach (var environment in new[] { Container(sidecar), process })
        {
            var ran = await Client.RunAsync(environment, Aws, "configure", "list");
            Assert.True(ran.Exit == 0, ran.ToString());
            Assert.Matches(@"access_key +\*+PLE1 +(container-role|custom-process)", ran.Out);
        }

        await RevokeAsync(sidecar);
        foreach (var environment in new[] { Container(sidecar), process })
        {
            var ran = await Client.RunAsync(environment, Aws, "sts", "get-caller-identity", "--endpoint-url", "http://127.0.0.1:1", "--region", "eu-central-1");
            Assert.NotEqual(0, ran.Exit);
            Assert.Contains(ReasonCodes.LeaseOver, ran.Error, StringComparison.Ordinal);
        }

        Assert.Equal(1, Broker.Minted);
    }

    [ClientFact(ClientFactAttribute.Python, "boto3")]
    public async Task A_broker_that_is_away_is_not_noticed_and_neither_is_a_restart()
    {
        var options = Configured();
        await using (var first = await StartAsync(options))
        {
            Broker.Down = true;
            Assert.StartsWith("ASIAEXAMPLE1 ", (await Client.RunAsync(Container(first), ClientFactAttribute.Python, "-c", Boto)).Out, StringComparison.Ordinal);
            Broker.Down = false;
        }

        var before = File.ReadAllText(PathOf("aws-token"));
        await using var again = await StartAsync(Configured());
        Assert.StartsWith("ASIAEXAMPLE2 ", (await Client.RunAsync(Container(again), ClientFactAttribute.Python, "-c", Boto)).Out, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(PathOf("aws-token")));
    }

    private async Task RevokeAsync(RunningSidecar sidecar)
    {
        Broker.End(Broker.Live.Single().Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
    }

    /// <summary>As for clients that know no token file.</summary>
    private Dictionary<string, string> Container(RunningSidecar sidecar) => new()
    {
        ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = FrontEnd<AwsContainerFrontEnd>(sidecar).FullUri, ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = File.ReadAllText(PathOf("aws-token")),
    };

    private Sidecar.Configuration.SidecarOptions Configured()
    {
        var options = Options("aws");
        options.FrontEnds.AwsContainer = new AwsContainerOptions { Lease = "aws", Listen = "127.0.0.1:0", TokenFile = PathOf("aws-token") };
        options.FrontEnds.Local = new LocalOptions { Socket = PathOf("sock") };
        return options;
    }
}
