using CredentialBroker.Backends.Aws;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Demo;

/// <summary>The main job with a session of AWS: a role is made for the lease, its session is used, the task ends, and the role is gone.</summary>
internal sealed class AwsStory(Stage stage, Narrator narrator)
{
    private const string Pod = "7c9f2b1e-demo-pod";
    private const string Task1 = "release-3";
    private readonly BrokerClient _operator = stage.Operator();

    public async Task TellAsync()
    {
        var account = stage.Account!;
        narrator.Step("A broker runs; it may make roles below one path.", $"credential-broker serve            # at {stage.Address}");
        narrator.Says($"the emulator at {account.Url} is account {account.Id}");
        narrator.Step("A platform team says what may be asked for.", "credbroker template apply orders-buckets.yaml");
        await _operator.ApplyTemplateAsync(
            Script.Template("orders-buckets", """{ aws: { target: main, mode: role, scopes: { read: { statements: [{ actions: ["s3:ListAllMyBuckets"], resources: ["*"] }] } } } }"""), "orders-buckets.yaml");

        narrator.Step("A workload asks before anybody approved it.", "credbroker lease claim orders-buckets");
        narrator.Says(await Script.RefusedAsync(ClaimAsync, ReasonCodes.NoApproval));

        narrator.Step("The admission gate approves this one pod.", "credbroker approval submit gate approval.jws");
        await stage.Client().SubmitApprovalAsync("gate", stage.Gate.Approval(Script.Approval("admission-1", "orders-buckets", Pod, Task1)));

        narrator.Step("The pod proves who it is, and gets a session of a role of its own.", "credbroker lease claim orders-buckets");
        var answer = await ClaimAsync();
        var session = SessionOf(answer);
        var arn = await account.WhoIsAsync(session);
        Narrator.Demand(arn.EndsWith(answer.Lease.Id, StringComparison.Ordinal), "the session should be named after its lease");
        var role = arn.Split('/')[1];
        Narrator.Demand(await account.HasRoleAsync(role), $"role {role} should exist");
        narrator.Says($"lease {answer.Lease.Id}, {answer.Lease.Revocability}; it is {arn}");

        narrator.Step("It lists buckets.", "aws s3api list-buckets");
        Narrator.Demand(await account.ListsBucketsAsync(session), "the session should list buckets");
        narrator.Says("listed");

        narrator.Step("The task ends, and the role with it.", $"credbroker task end {Task1}");
        await _operator.EndTaskAsync(Task1);
        var ended = await Script.EndedAsync(_operator, answer.Lease.Id);
        Narrator.Demand(!await account.HasRoleAsync(role), $"role {role} should be gone");
        narrator.Says($"lease {ended.State}, cause {ended.Cause}; the role is gone");
        narrator.Says(await account.ListsBucketsAsync(session) ? "this emulator asks nobody for rights, so that it still lists; AWS would not" : "the session lists no more");

        narrator.Step("An auditor verifies the records.", "credbroker audit verify");
        var verdict = await ChainVerifier.VerifyAsync(_operator.ReadAuditAsync(new AuditFilter()));
        Narrator.Demand(verdict.Problem is null, verdict.Problem ?? "");
        narrator.Says($"{verdict.Records} records in {verdict.Chains} chain, all in place");
    }

    private static AwsSession SessionOf(LeaseAnswer answer)
    {
        string Text(string name) => answer.Credential!.Value.GetProperty(name).GetString()!;
        return new AwsSession(Text("accessKeyId"), Text("secretAccessKey"), Text("sessionToken"), 0);
    }

    private Task<LeaseAnswer> ClaimAsync() =>
        stage.Client(stage.Cluster.PodToken("shop", "checkout", Pod)).ClaimLeaseAsync(new ClaimRequest("orders-buckets"), Ids.New(TimeProvider.System));
}
