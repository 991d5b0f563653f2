using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Aws;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The life of a lease of an AWS session, from claim to end, through the broker's own door.</summary>
public sealed class AwsFlowTests
{
    [Fact]
    public async Task R23_R24_A_session_made_for_a_task_ends_with_the_task_and_its_neighbour_works_on()
    {
        await using var rig = await AwsRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        await LookedAtAsync(broker);
        var (pod, reply) = await ClaimAsync(broker, rig, "");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var (_, neighbour) = await ClaimAsync(broker, rig, "");
        var lease = reply.Json.GetProperty("lease");
        Assert.Equal("Condition", lease.GetProperty("revocability").GetString());
        Assert.Equal(lease.GetProperty("endsAt").GetDateTimeOffset(), lease.GetProperty("diesBy").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
        Assert.True(await rig.WorksAsync(SecretOf(reply)));
        var session = rig.Session(SecretOf(reply));
        Assert.Equal((lease.GetProperty("id").GetString(), $"task-{pod}", "orders"), (session.Tags["lease-id"], session.Tags["task"], session.Tags["template"]));

        var renewed = await broker.Scene.RenewAsync(broker.Scene.Token(pod), lease.GetProperty("id").GetString()!);
        Assert.True(renewed.Status == HttpStatusCode.OK, renewed.Body);
        Assert.Equal(session.Name, rig.Session(SecretOf(renewed)).Name);

        await broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(lease.GetProperty("id").GetString()!, "ended");
        Assert.False(await rig.WorksAsync(SecretOf(reply)));
        Assert.False(await rig.WorksAsync(SecretOf(renewed)));
        Assert.True(await rig.WorksAsync(SecretOf(neighbour)));
        var audit = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body;
        Assert.DoesNotContain(AwsRig.Parts(SecretOf(reply))["secretAccessKey"], audit, StringComparison.Ordinal);
        Assert.DoesNotContain(AwsRig.Parts(SecretOf(reply))["sessionToken"], audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R23_A_cut_off_is_previewed_then_hits_every_session_of_before_and_is_written_down()
    {
        await using var rig = await AwsRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        await LookedAtAsync(broker);
        var (_, first) = await ClaimAsync(broker, rig, "");
        // A session that this broker did not make.
        var foreign = await rig.Connections.To(AwsRig.TargetName).Sts.AssumeAsync(
            new AwsAsk(rig.Role.Arn, "somebody", "somebody", [], null, [], 900), default);
        await Task.Delay(1100);
        JsonObject body = new() { ["role"] = rig.Role.Arn, ["reason"] = "INC-77", ["dryRun"] = true };
        var preview = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/targets/aws/prod/cutoff", body.ToJsonString());
        Assert.Equal(("preview", 1), (preview.Json.GetProperty("state").GetString(), preview.Json.GetProperty("hit").GetInt32()));
        Assert.True(await rig.WorksAsync(SecretOf(first)));
        Assert.DoesNotContain("target.cut_off", (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);

        body["dryRun"] = false;
        var done = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/targets/aws/prod/cutoff", body.ToJsonString());
        Assert.True(done.Json.GetProperty("state").GetString() == "confirmed", done.Body);
        Assert.False(await rig.WorksAsync(SecretOf(first)));
        Assert.False(await rig.WorksAsync(foreign.Session.ToSecret("eu-central-1", rig.Clock.GetUtcNow().ToUnixTimeMilliseconds())));
        var ended = await broker.Scene.LeaseUntilAsync(first.Json.GetProperty("lease").GetProperty("id").GetString()!, "ended");
        Assert.Equal("incident", ended.GetProperty("cause").GetString());
        await Task.Delay(1100);
        var (_, later) = await ClaimAsync(broker, rig, "");
        Assert.True(await rig.WorksAsync(SecretOf(later)));
        Assert.Contains("target.cut_off", (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("{\"role\":\"arn:aws:iam::111122223333:role/other\",\"reason\":\"x\"}", 404)]
    [InlineData("{\"role\":\"ROLE\",\"reason\":\" \"}", 422)]
    [InlineData("{\"role\":\"ROLE\",\"reason\":\"x\",\"before\":\"2099-01-01T00:00:00Z\"}", 422)]
    [InlineData("{\"role\":\"ROLE\",\"reason\":\"x\",\"before\":\"2020-01-01T00:00:00Z\"}", 422)]
    public async Task A_cut_off_that_means_nothing_is_refused(string body, int status)
    {
        await using var rig = await AwsRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var reply = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/targets/aws/prod/cutoff", body.Replace("ROLE", rig.Role.Arn, StringComparison.Ordinal));
        Assert.True((int)reply.Status == status, reply.Body);
        Assert.DoesNotContain("TokenIssueTime", rig.Denied() ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task R23_A_role_of_its_own_is_made_for_a_lease_and_goes_with_it()
    {
        await using var rig = await AwsRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (_, reply) = await ClaimAsync(broker, rig, "mode: role, ");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        Assert.Equal("Principal", reply.Json.GetProperty("lease").GetProperty("revocability").GetString());
        Assert.True(await rig.WorksAsync(SecretOf(reply)));
        var id = reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await broker.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{id}?reason=test");
        await broker.Scene.LeaseUntilAsync(id, "ended");
        Assert.False(await rig.WorksAsync(SecretOf(reply)));
        Assert.DoesNotContain(rig.Account.Roles.Keys, name => name.Contains(id, StringComparison.Ordinal));
    }

    /// <summary>The first look at a role is made within seconds of the start; until then nothing is promised.</summary>
    private static async Task LookedAtAsync(RunningBroker broker)
    {
        var roles = broker.Get<AwsRoles>();
        for (var i = 0; roles.Find(StandInAccount.RoleArn("orders")) is null; i++)
        {
            Assert.True(i < 600, "the role was not looked at");
            await Task.Delay(50);
        }
    }

    private static async Task<(string Pod, Reply Reply)> ClaimAsync(RunningBroker broker, AwsRig rig, string mode)
    {
        var role = mode.Length == 0 ? $"role: \"{rig.Role.Arn}\", " : mode;
        await broker.Scene.ActivateAsync(SceneFolder.Template(
            "orders", $"{{ aws: {{ target: prod, {role}scopes: {{ read: {{ statements: [{{ actions: [\"s3:GetBucketLocation\"], resources: [\"arn:aws:s3:::orders\"] }}] }} }} }} }}"));
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        return (pod, await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders"));
    }

    private static Secret SecretOf(Reply reply) => new([.. reply.Json.GetProperty("credential").EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String).Select(member => (member.Name, member.Value.GetString()!))]);
}
