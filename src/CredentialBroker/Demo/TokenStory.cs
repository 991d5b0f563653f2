using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Demo;

/// <summary>The main job with a signed token: from no approval to no credential.</summary>
internal sealed class TokenStory(Stage stage, Narrator narrator)
{
    private const string Pod = "7c9f2b1e-demo-pod";
    private const string Task1 = "deploy-42";
    private readonly BrokerClient _operator = stage.Operator();
    private readonly BrokerClient _public = stage.Client();

    public async Task TellAsync()
    {
        narrator.Step("A broker runs, on an embedded store.", $"credential-broker serve            # at {stage.Address}");
        narrator.Step("A platform team says what may be asked for.", "credbroker template apply build-token.yaml");
        var template = await _operator.ApplyTemplateAsync(Script.Template("build-token", """{ signed-token: { target: internal, audience: "https://artifacts.demo" } }"""), "build-token.yaml");
        narrator.Says($"template {template.Name} at revision {template.Revision[..12]}");

        narrator.Step("A workload asks before anybody approved it.", "credbroker lease claim build-token --token-file /var/run/secrets/broker/token");
        narrator.Says(await Script.RefusedAsync(() => ClaimAsync("build-token"), ReasonCodes.NoApproval));

        narrator.Step("The admission gate approves this one pod, in a signed document.", "credbroker approval submit gate approval.jws");
        var document = stage.Gate.Approval(Script.Approval("admission-1", "build-token", Pod, Task1));
        narrator.Says($"approval {(await _public.SubmitApprovalAsync("gate", document)).Id}");
        narrator.Says("sent once more: " + await Script.RefusedAsync(() => _public.SubmitApprovalAsync("gate", document), ReasonCodes.ApprovalReplayed));

        narrator.Step("The pod proves who it is, and gets a token for its task.", "credbroker lease claim build-token --token-file /var/run/secrets/broker/token");
        var answer = await ClaimAsync("build-token");
        var token = answer.Credential!.Value.GetProperty("token").GetString()!;
        narrator.Says($"lease {answer.Lease.Id}, ends {answer.Lease.EndsAt:HH:mm:ss} because of {answer.Lease.EndsBecause}; task {answer.Lease.Task}");

        narrator.Step("A verifier that never met the broker checks it against the published keys.", $"curl {stage.Address}issuer/workload/.well-known/jwks.json");
        var verifier = new Verifier(stage.Address);
        Narrator.Demand(await verifier.AcceptsAsync(token, "https://artifacts.demo"), "the verifier should accept the token");
        Narrator.Demand(await ActiveAsync(token), "introspection should call the token active");
        narrator.Says("signature, issuer, audience and times hold; introspection says active");

        narrator.Step("Another pod shows the same approval; one-time evidence is shown twice.");
        narrator.Says(await Script.RefusedAsync(() => stage.Client(stage.Cluster.PodToken("shop", "checkout", "another-pod")).ClaimLeaseAsync(new ClaimRequest("build-token"), "k"), ReasonCodes.BindingMismatch));
        await ReplayAsync();

        narrator.Step("The task ends, and the credential with it.", $"credbroker task end {Task1}");
        await _operator.EndTaskAsync(Task1);
        Narrator.Demand(!await ActiveAsync(token), "introspection should call the token inactive");
        var ended = await Script.EndedAsync(_operator, answer.Lease.Id);
        narrator.Says($"lease {ended.State}, cause {ended.Cause}; introspection says inactive");
        narrator.Says("renewal: " + await Script.RefusedAsync(() => Me().RenewLeaseAsync(answer.Lease.Id, new RenewRequest()), ReasonCodes.TaskEnded));

        await ExpiryAsync();
        await FreezeAsync();
        await VerifyAuditAsync();
    }

    private async Task ReplayAsync()
    {
        await _operator.ApplyTemplateAsync(Script.Template("build-once", """{ signed-token: { target: internal, audience: "https://artifacts.demo" } }""", evidence: "evidence: { oneTime: true }"), "build-once.yaml");
        await _public.SubmitApprovalAsync("gate", stage.Gate.Approval(Script.Approval("admission-2", "build-once", Pod, "once")));
        var me = Me();
        await me.ClaimLeaseAsync(new ClaimRequest("build-once"), "first");
        narrator.Says(await Script.RefusedAsync(() => me.ClaimLeaseAsync(new ClaimRequest("build-once"), "second"), ReasonCodes.EvidenceReplayed));
    }

    private async Task ExpiryAsync()
    {
        narrator.Step("A lease that nobody ends is over when its time is up.", "credbroker lease claim build-short --ttl 2s");
        await _operator.ApplyTemplateAsync(Script.Template("build-short", """{ signed-token: { target: internal, audience: "https://artifacts.demo" } }""", ttl: "5s"), "build-short.yaml");
        await _public.SubmitApprovalAsync("gate", stage.Gate.Approval(Script.Approval("admission-3", "build-short", Pod, "short")));
        var brief = await Me().ClaimLeaseAsync(new ClaimRequest("build-short", "2s"), "brief");
        var over = await Script.EndedAsync(_operator, brief.Lease.Id);
        Narrator.Demand(over.Cause == "ttl", $"the cause should be ttl, not {over.Cause}");
        narrator.Says($"ended {(over.EndedAt!.Value - brief.Lease.EndsAt).TotalMilliseconds:F0} ms after its time, cause {over.Cause}");
    }

    private async Task FreezeAsync()
    {
        narrator.Step("A responder stops issuing, then lets go.", "credbroker freeze namespace=shop --reason drill");
        var freeze = await _operator.FreezeAsync(new ControlRequest("namespace=shop", "drill"));
        narrator.Says(await Script.RefusedAsync(() => Me().ClaimLeaseAsync(new ClaimRequest("build-short", "2s"), "frozen"), ReasonCodes.Frozen));
        await _operator.ThawAsync(freeze.Id);
        await Me().ClaimLeaseAsync(new ClaimRequest("build-short", "2s"), "thawed");
        narrator.Says("thawed, and issued again");
    }

    private async Task VerifyAuditAsync()
    {
        narrator.Step("An auditor verifies that no record was changed, lost or moved.", "credbroker audit verify");
        var verdict = await ChainVerifier.VerifyAsync(_operator.ReadAuditAsync(new AuditFilter()));
        Narrator.Demand(verdict.Problem is null, verdict.Problem ?? "");
        narrator.Says($"{verdict.Records} records in {verdict.Chains} chain, all in place");
    }

    private BrokerClient Me() => stage.Client(stage.Cluster.PodToken("shop", "checkout", Pod));

    private Task<LeaseAnswer> ClaimAsync(string template) => Me().ClaimLeaseAsync(new ClaimRequest(template), Ids.New(TimeProvider.System));

    private async Task<bool> ActiveAsync(string token) => (await _operator.IntrospectAsync(token)).GetProperty("active").GetBoolean();
}
