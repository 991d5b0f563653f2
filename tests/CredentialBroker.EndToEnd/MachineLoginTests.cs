using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Aws;
using CredentialBroker.Backends.Azure;
using CredentialBroker.Backends.Gcp;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// Logins that a machine has by where it runs, found by each provider's own SDK through the environment of a real broker's
/// process; the metadata services are stand-ins on loopback.
/// </summary>
public sealed class MachineLoginTests
{
    [Theory]
    [InlineData("app-service")]
    [InlineData("virtual-machine")]
    public async Task Azure_gives_tokens_of_the_identities_that_are_assigned_to_the_machine(string where)
    {
        await using var azure = await AzureRig.StartAsync();
        await using var machine = await new MachineMetadata { Identity = azure.StandIn.State.Authority.Assigned }.StartAsync();
        Dictionary<string, string> environment = where == "app-service"
            ? new() { ["IDENTITY_ENDPOINT"] = $"{machine.Url}msi/token", ["IDENTITY_HEADER"] = machine.Secret }
            : new() { ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = machine.Url.ToString() };
        var template = SceneFolder.Template("orders", $"{{ azure: {{ target: prod, mode: access-token, identity: orders, audience: \"{AzureRig.VaultAudience}\" }} }}", more: "maxResidual: 90m");
        await using var at = await StartAsync(template, environment, configuration =>
        {
            azure.AddTo(configuration);
            configuration["Targets"]!["Azure"]!["prod"]!["Login"] = new JsonObject { ["Method"] = "default" };
        });
        var tokens = new[] { (string)(await at.ClaimAsync())["token"]!, (string)(await at.ClaimAsync())["token"]! };
        Assert.All(tokens, token => Assert.Equal(AzureRig.OrdersApplication, azure.StandIn.State.Locked(() => azure.StandIn.State.Tokens[token].ClientId)));
        // The SDK keeps what a machine's endpoint gave it, as the endpoints themselves do (docs/backends/azure.md).
        Assert.Equal(machine.Given.Count, tokens.Distinct().Count());
        // Nothing was shown to the authority, which would have asked for an assertion.
        Assert.Empty(azure.StandIn.State.Authority.Assertions);
    }

    [Fact]
    public async Task Google_gives_the_machines_service_account_which_impersonates()
    {
        const string own = "machine@shop.iam.gserviceaccount.com";
        await using var gcp = await GcpRig.StartAsync();
        gcp.StandIn.State.Grants.Add((GcpRig.Account, $"serviceAccount:{own}", StandInStorage.TokenCreator));
        await using var machine = await new MachineMetadata
        {
            Account = scopes => gcp.StandIn.State.Locked(() => new JsonObject
            {
                ["access_token"] = gcp.StandIn.State.NewToken(new StandInGoogleToken([$"serviceAccount:{own}"], scopes, gcp.StandIn.State.Now.AddSeconds(3599))), ["expires_in"] = 3599, ["token_type"] = "Bearer",
            }),
        }.StartAsync();
        var template = SceneFolder.Template("orders", $"{{ gcp: {{ target: prod, mode: impersonated, serviceAccount: {GcpRig.Account}, oauthScopes: [\"{StandInStorage.ReadOnly}\"] }} }}");
        await using var at = await StartAsync(template, new() { ["GCE_METADATA_HOST"] = machine.Url.Authority, ["GOOGLE_APPLICATION_CREDENTIALS"] = "" }, configuration =>
        {
            gcp.AddTo(configuration);
            configuration["Targets"]!["Gcp"]!["prod"]!["Login"] = new JsonObject { ["Method"] = "default" };
        });
        for (var i = 0; i < 2; i++) Assert.True(await gcp.ListsAsync(new((("token", (string)(await at.ClaimAsync())["token"]!)))));
        // The machine's own token is kept until it has to be renewed.
        Assert.Single(machine.Given);
        Assert.Empty(gcp.StandIn.State.Sts.Subjects);
    }

    [Fact]
    public async Task AWS_gives_the_containers_role_which_takes_on_the_leases()
    {
        await using var aws = await AwsPrepared.StartAsync();
        var own = aws.Account.AddRole("machine", StandInAccount.Trust("ecs-tasks.amazonaws.com"), StandInAccount.Everything);
        var shared = aws.Account.AddRole("by-machine", StandInAccount.Trust(own.Arn, "house"), StandInAccount.Everything);
        await using var machine = await new MachineMetadata { Session = () => SessionOf(aws.Account, own) }.StartAsync();
        var template = SceneFolder.Template("orders", $"{{ aws: {{ target: prod, role: \"{shared.Arn}\", scopes: {{ read: {{ statements: [{{ actions: [\"s3:GetBucketLocation\"], resources: [\"{AwsPrepared.Bucket}\"] }}] }} }} }} }}");
        await using var at = await StartAsync(
            template, new() { ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = $"{machine.Url}v1/credentials", ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = machine.Secret, ["AWS_EC2_METADATA_DISABLED"] = "true" },
            configuration => ConfigureAws(aws, configuration, shared));
        var credential = await at.ClaimAsync();
        var session = aws.Account.Locked(() => aws.Account.Sessions[(string)credential["accessKeyId"]!]);
        Assert.Equal(shared, session.Role);
        Assert.True(aws.Account.Locked(() => aws.Account.Allows(new StandInCaller(null, session), "s3:GetBucketLocation", AwsPrepared.Bucket)));
        Assert.NotEmpty(machine.Given);
    }

    [Fact]
    public async Task A_standing_key_of_AWS_that_lies_in_the_environment_was_accepted_by_nobody()
    {
        await using var aws = await AwsPrepared.StartAsync();
        var template = SceneFolder.Template("orders", $"{{ aws: {{ target: prod, role: \"{aws.Role.Arn}\", scopes: {{ read: {{ statements: [{{ actions: [\"s3:GetBucketLocation\"], resources: [\"{AwsPrepared.Bucket}\"] }}] }} }} }} }}");
        await using var at = await StartAsync(
            template, new() { ["AWS_ACCESS_KEY_ID"] = aws.Broker.KeyId, ["AWS_SECRET_ACCESS_KEY"] = aws.Broker.Secret, ["AWS_EC2_METADATA_DISABLED"] = "true" }, configuration => ConfigureAws(aws, configuration, aws.Role));
        var reply = await at.AskAsync();
        Assert.True(reply is { Status: HttpStatusCode.ServiceUnavailable, Code: "target_unavailable" }, reply.Body);
        Assert.Empty(aws.StandIn.Asked);
    }

    private static void ConfigureAws(AwsPrepared aws, JsonObject configuration, StandInRole role)
    {
        aws.AddTo(configuration, new JsonObject { ["Method"] = "default" });
        configuration["Targets"]!["Aws"]!["prod"]!["Roles"] = new JsonArray(role.Arn);
    }

    private static JsonObject SessionOf(StandInAccount account, StandInRole role) => account.Locked(() =>
    {
        var session = new StandInSession(role, "task", $"ASIA{StandInAccount.Random(16)}", StandInAccount.Random(40), StandInAccount.Random(100), account.Now, account.Now.AddHours(6), null, new Dictionary<string, string>(), []);
        account.Sessions.Add(session.KeyId, session);
        return new JsonObject { ["AccessKeyId"] = session.KeyId, ["SecretAccessKey"] = session.Secret, ["Token"] = session.Token, ["Expiration"] = AwsStandIn.Time(session.Expires), ["RoleArn"] = role.Arn };
    });

    private static async Task<Started> StartAsync(string template, Dictionary<string, string> environment, Action<JsonObject> configure)
    {
        var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port, store: null, configure);
        // Nothing of the person who runs the tests is found.
        environment["HOME"] = folder.Path;
        var broker = await BrokerProcess.StartAsync(folder, port, environment: environment);
        await broker.Scene.ActivateAsync(template);
        return new Started(folder, broker);
    }

    private sealed record Started(SceneFolder Folder, BrokerProcess Broker) : IAsyncDisposable
    {
        public async Task<Reply> AskAsync()
        {
            var pod = Broker.Scene.NewPod();
            await Broker.Scene.ApproveAsync(Broker.Scene.ApprovalOf(pod, "orders"));
            return await Broker.Scene.ClaimAsync(Broker.Scene.Token(pod), "orders");
        }

        public async Task<JsonNode> ClaimAsync()
        {
            var reply = await AskAsync();
            Assert.True(reply.Status == HttpStatusCode.Created, reply.Body + Broker.Said);
            return JsonNode.Parse(reply.Json.GetProperty("credential").GetRawText())!;
        }

        public async ValueTask DisposeAsync()
        {
            await Broker.DisposeAsync();
            Folder.Dispose();
        }
    }
}
