using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Aws;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The real broker and an emulator of AWS that enforces IAM.</summary>
public sealed class AwsMotoTests
{
    private const string Shared = "orders";

    [MotoFact]
    public async Task R23_R24_A_session_of_a_leases_own_role_is_refused_at_once_when_its_lease_ends()
    {
        await using var moto = await MotoServer.StartAsync();
        using var folder = new SceneFolder();
        await using var broker = await StartAsync(moto, folder);
        await broker.Scene.ActivateAsync(SceneFolder.Template("orders", "{ aws: { target: prod, mode: role, scopes: { read: { statements: [{ actions: [\"s3:ListAllMyBuckets\"], resources: [\"*\"] }] } } } }"));
        var first = await ClaimAsync(broker);
        var neighbour = await ClaimAsync(broker);
        Assert.Equal("Principal", first.Json.GetProperty("lease").GetProperty("revocability").GetString());
        Assert.Equal(HttpStatusCode.OK, await ListBucketsAsync(moto, first));
        // Enforcement is on: what the role does not grant is refused.
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(moto, first, "/nothing-of-ours?location"));

        var id = first.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await broker.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{id}?reason=test");
        await broker.Scene.LeaseUntilAsync(id, "ended");

        Assert.True((int)await ListBucketsAsync(moto, first) is >= 400, "the session works on");
        Assert.Equal(HttpStatusCode.OK, await ListBucketsAsync(moto, neighbour));
        var left = AwsAnswer.Members(await moto.IamAsync("ListRoles", ("PathPrefix", "/credbroker/")), "Roles").Select(role => AwsAnswer.Text(role, "RoleName")).ToList();
        Assert.Equal(neighbour.Json.GetProperty("lease").GetProperty("id").GetString(), Assert.Single(left)!.Split('-')[^1]);
    }

    /// <summary>
    /// moto takes a deny with a condition for a deny of everybody, so that no session of such a role works there: what is
    /// looked at is the wire, and the document that is stored.
    /// </summary>
    [MotoFact]
    public async Task R24_The_end_of_a_session_of_a_shared_role_is_written_into_the_roles_policy()
    {
        await using var moto = await MotoServer.StartAsync();
        await moto.IamAsync("CreateRole", ("RoleName", Shared), ("AssumeRolePolicyDocument", StandInAccount.Trust(MotoServer.BrokerArn)));
        await moto.IamAsync("PutRolePolicy", ("RoleName", Shared), ("PolicyName", "permissions"), ("PolicyDocument", StandInAccount.Everything));
        using var folder = new SceneFolder();
        await using var broker = await StartAsync(moto, folder);
        await broker.Scene.ActivateAsync(SceneFolder.Template("orders", $"{{ aws: {{ target: prod, role: \"arn:aws:iam::{MotoServer.Account}:role/{Shared}\", scopes: {{ read: {{ statements: [{{ actions: [\"s3:ListAllMyBuckets\"], resources: [\"*\"] }}] }} }} }} }}"));
        var claimed = await ClaimAsync(broker);
        var id = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await broker.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{id}?reason=test");
        for (var i = 0; !await IsDeniedAsync(moto, id); i++)
        {
            Assert.True(i < 300, $"the lease is not denied\n{broker.Said}");
            await Task.Delay(100);
        }
    }

    private static async Task<bool> IsDeniedAsync(MotoServer moto, string lease)
    {
        var policies = AwsAnswer.Members(await moto.IamAsync("ListRolePolicies", ("RoleName", Shared)), "PolicyNames").Select(name => name.Value);
        if (policies.SingleOrDefault(name => name.StartsWith("CredentialBrokerRevoked-", StringComparison.Ordinal)) is not { } policy) return false;
        var answer = await moto.IamAsync("GetRolePolicy", ("RoleName", Shared), ("PolicyName", policy));
        var key = DenyKey.Find("user-id")!;
        var document = Uri.UnescapeDataString(AwsAnswer.Text(answer, "PolicyDocument")!);
        return document == DenyDocument.Render(key, [key.ValueOf(policy.Split('-')[^1], lease)], before: null);
    }

    private static Task<BrokerProcess> StartAsync(MotoServer moto, SceneFolder folder)
    {
        var port = LoopbackPorts.FindFree();
        File.WriteAllText(Path.Combine(folder.Path, "aws-id"), moto.Broker.KeyId);
        File.WriteAllText(Path.Combine(folder.Path, "aws-secret"), moto.Broker.SecretKey);
        folder.Write(port, store: null, configuration => configuration["Targets"]!["Aws"] = new JsonObject
        {
            ["prod"] = new JsonObject
            {
                ["Account"] = MotoServer.Account, ["Region"] = "eu-central-1", ["Roles"] = new JsonArray($"arn:aws:iam::{MotoServer.Account}:role/{Shared}"),
                ["DenyBy"] = "user-id", ["StsEndpoint"] = moto.Url.ToString(), ["IamEndpoint"] = moto.Url.ToString(), ["LeaseRoles"] = new JsonObject { ["TrustedPrincipal"] = MotoServer.BrokerArn },
                ["Login"] = new JsonObject
                {
                    ["Method"] = "keys", ["AllowStaticKeys"] = true, ["AccessKeyIdFile"] = Path.Combine(folder.Path, "aws-id"), ["SecretAccessKeyFile"] = Path.Combine(folder.Path, "aws-secret"),
                },
            },
        });
        return BrokerProcess.StartAsync(folder, port);
    }

    private static async Task<Reply> ClaimAsync(BrokerProcess broker)
    {
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        var reply = await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body + broker.Said);
        return reply;
    }

    private static Task<HttpStatusCode> ListBucketsAsync(MotoServer moto, Reply claimed) => GetAsync(moto, claimed, "/");

    private static async Task<HttpStatusCode> GetAsync(MotoServer moto, Reply claimed, string path)
    {
        var credential = claimed.Json.GetProperty("credential");
        string Text(string name) => credential.GetProperty(name).GetString()!;
        var session = new AwsSession(Text("accessKeyId"), Text("secretAccessKey"), Text("sessionToken"), 0);
        return (await moto.Wire.GetAsync(session, new AwsProbe("s3", new Uri(moto.Url, path), "eu-central-1"), default)).Status;
    }
}
