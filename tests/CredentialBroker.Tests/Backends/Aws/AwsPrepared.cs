using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Aws;

/// <summary>An account at the stand-in, as an operator would prepare it: a user for the broker, a role that leases share, and a boundary for roles of their own.</summary>
internal sealed class AwsPrepared : IAsyncDisposable
{
    public const string TargetName = "prod";
    public const string Bucket = "arn:aws:s3:::orders";
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-aws-").FullName;

    private AwsPrepared(AwsStandIn standIn, string rights)
    {
        StandIn = standIn;
        Broker = Account.AddUser("broker", rights);
        Role = Account.AddRole("orders", StandInAccount.Trust(Broker.Arn, "house"), """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"*"}]}""");
        Account.Policies[$"arn:aws:iam::{StandInAccount.Id}:policy/bound"] = PolicyDocument.Read("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}""", isTrust: false);
        File.WriteAllText(Path.Combine(_folder, "id"), Broker.KeyId + "\n");
        File.WriteAllText(Path.Combine(_folder, "secret"), Broker.Secret + "\n");
        Target = new AwsTarget
        {
            Account = StandInAccount.Id, Region = StandInAccount.Region, Roles = [Role.Arn], StsEndpoint = StandIn.Url, IamEndpoint = StandIn.Url, ExternalId = "house", RequestTimeout = TimeSpan.FromSeconds(3),
            ProbeEndpoints = [StandIn.Url],
            LeaseRoles = new AwsLeaseRoles { TrustedPrincipal = Broker.Arn, PermissionsBoundary = $"arn:aws:iam::{StandInAccount.Id}:policy/bound" },
            Login = new AwsLogin { Method = "keys", AllowStaticKeys = true, AccessKeyIdFile = Path.Combine(_folder, "id"), SecretAccessKeyFile = Path.Combine(_folder, "secret") },
        };
    }

    public AwsStandIn StandIn { get; }

    public StandInAccount Account => StandIn.State;

    public StandInUser Broker { get; }

    public StandInRole Role { get; }

    public AwsTarget Target { get; }

    public static async Task<AwsPrepared> StartAsync(TimeProvider? machine = null, string? rights = null) =>
        new(await AwsStandIn.StartAsync(machine ?? TimeProvider.System), rights ?? StandInAccount.Everything);

    /// <summary>The target in a broker's configuration.</summary>
    public void AddTo(JsonObject configuration) => AddTo(configuration, new JsonObject
    {
        ["Method"] = "keys", ["AllowStaticKeys"] = true, ["AccessKeyIdFile"] = Target.Login.AccessKeyIdFile, ["SecretAccessKeyFile"] = Target.Login.SecretAccessKeyFile,
    });

    public void AddTo(JsonObject configuration, JsonObject login) => configuration["Targets"]!["Aws"] = new JsonObject
    {
        [TargetName] = new JsonObject
        {
            [nameof(AwsTarget.Account)] = Target.Account, ["Region"] = Target.Region, [nameof(AwsTarget.Roles)] = new JsonArray([.. Target.Roles.Select(one => (JsonNode)one)]), ["StsEndpoint"] = StandIn.Url.ToString(), ["IamEndpoint"] = StandIn.Url.ToString(),
            ["ProbeEndpoints"] = new JsonArray(StandIn.Url.ToString()), ["ExternalId"] = Target.ExternalId, ["RequestTimeout"] = Target.RequestTimeout.ToString("c"),
            ["LeaseRoles"] = new JsonObject { ["Path"] = Target.LeaseRoles!.Path, ["TrustedPrincipal"] = Target.LeaseRoles.TrustedPrincipal, ["PermissionsBoundary"] = Target.LeaseRoles.PermissionsBoundary },
            ["Login"] = login,
        },
    };

    public async ValueTask DisposeAsync()
    {
        await StandIn.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Assert.Equal("", string.Join("\n", StandIn.Undocumented));
    }
}
