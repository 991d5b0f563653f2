using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Demo;

/// <summary>The main job with a certificate that a Vault makes: a token of Vault for this one lease, and at its end the certificate is on Vault's list.</summary>
internal sealed class VaultStory(Stage stage, Narrator narrator)
{
    private const string Pod = "7c9f2b1e-demo-pod";
    private const string Task1 = "deploy-9";
    private readonly BrokerClient _operator = stage.Operator();

    public async Task TellAsync()
    {
        var vault = stage.SecretStore!;
        narrator.Step("A broker runs; no secret of the Vault is in its configuration.", $"credential-broker serve            # at {stage.Address}");
        await vault.BelieveAsync(stage.Address);
        narrator.Says($"the Vault at {vault.Url} believes the broker's own issuer");
        narrator.Step("A platform team says what may be asked for.", "credbroker template apply orders-certificate.yaml");
        await _operator.ApplyTemplateAsync(
            Script.Template("orders-certificate", $$"""{ vault: { target: main, engine: pki, path: {{vault.Path}}, request: { common_name: "checkout.shop" }, fields: [certificate, private_key, serial_number] } }"""),
            "orders-certificate.yaml");

        narrator.Step("A workload asks before anybody approved it.", "credbroker lease claim orders-certificate");
        narrator.Says(await Script.RefusedAsync(ClaimAsync, ReasonCodes.NoApproval));

        narrator.Step("The admission gate approves this one pod.", "credbroker approval submit gate approval.jws");
        await stage.Client().SubmitApprovalAsync("gate", stage.Gate.Approval(Script.Approval("admission-1", "orders-certificate", Pod, Task1)));

        narrator.Step("The pod proves who it is, and Vault makes a certificate for its task.", "credbroker lease claim orders-certificate");
        var answer = await ClaimAsync();
        var credential = answer.Credential!.Value;
        using var certificate = X509Certificate2.CreateFromPem(credential.GetProperty("certificate").GetString()!);
        var serial = credential.GetProperty("serial_number").GetString()!;
        Narrator.Demand(certificate.NotAfter.ToUniversalTime() <= answer.Lease.DiesBy.UtcDateTime.AddSeconds(1), "the certificate should not outlive what the lease says");
        Narrator.Demand(!await vault.IsRevokedAsync(serial), "Vault should call the certificate good");
        Narrator.Demand(!credential.ToString().Contains("hvs.", StringComparison.Ordinal), "no token of Vault should reach the workload");
        narrator.Says($"lease {answer.Lease.Id}: {certificate.Subject}, until {answer.Lease.DiesBy:HH:mm:ss}; of Vault's own tokens the pod sees none");

        narrator.Step("The task ends, and the lease's token at the Vault with it.", $"credbroker task end {Task1}");
        await _operator.EndTaskAsync(Task1);
        var ended = await Script.EndedAsync(_operator, answer.Lease.Id, "ending");
        Narrator.Demand(await vault.IsRevokedAsync(serial), "the certificate should be on Vault's list");
        narrator.Says($"lease {ended.State}, cause {ended.Cause}; the certificate is on Vault's revocation list");
        narrator.Says($"who does not read that list honours it until its own end ({answer.Lease.Revocability}), and so the lease is over only then, at {ended.DiesBy:HH:mm:ss}");

        narrator.Step("An auditor verifies the records.", "credbroker audit verify");
        var verdict = await ChainVerifier.VerifyAsync(_operator.ReadAuditAsync(new AuditFilter()));
        Narrator.Demand(verdict.Problem is null, verdict.Problem ?? "");
        narrator.Says($"{verdict.Records} records in {verdict.Chains} chain, all in place");
    }

    private Task<LeaseAnswer> ClaimAsync() =>
        stage.Client(stage.Cluster.PodToken("shop", "checkout", Pod)).ClaimLeaseAsync(new ClaimRequest("orders-certificate"), Ids.New(TimeProvider.System));
}
