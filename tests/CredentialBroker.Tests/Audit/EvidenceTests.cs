using System.Net;
using System.Text;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Audit;

/// <summary>Evidence through the front door, on both stores.</summary>
[Collection("postgres")]
public sealed class EvidenceTests(PostgresFixture postgres)
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R37_What_is_known_of_a_lease_is_proven_offline_and_any_altered_byte_fails(string store)
    {
        await using var broker = await StartAsync(store);
        var (lease, keys) = await LeaseAsync(broker);
        var bundle = await BytesAsync(broker, $"/v1/leases/{lease}/evidence");
        var verdict = BundleVerifier.Verify(bundle, keys);
        Assert.Null(verdict.Problem);
        var text = Encoding.UTF8.GetString(bundle);
        foreach (var type in new[] { "approval.received", "credential.decision", "credential.issued", "secret.accessed", "credential.revoked" }) Assert.Contains(type, text, StringComparison.Ordinal);

        for (var at = 0; at < bundle.Length; at += 3)
        {
            var changed = bundle.ToArray();
            changed[at] ^= 1;
            Assert.True(BundleVerifier.Verify(changed, keys).Problem is not null, $"byte {at}");
        }

        var forged = Encoding.UTF8.GetBytes(text.Replace("secret.accessed", "secret.accesseD", StringComparison.Ordinal));
        Assert.Matches("^records\\[[0-9]+\\] \\(chain 1 record [0-9]+\\): its hash does not match", BundleVerifier.Verify(forged, keys).Problem);
        using var stranger = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        VerificationKey[] others = [new(EvidenceRig.Origin, stranger.ExportSubjectPublicKeyInfo())];
        Assert.Contains("no signature of a key that was given", BundleVerifier.Verify(bundle, others).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R37_A_period_is_proven_too_and_nothing_is_taken_out_unseen()
    {
        await using var broker = await StartAsync("sqlite");
        var (_, keys) = await LeaseAsync(broker);
        var bundle = await BytesAsync(broker, "/v1/audit/evidence?since=0&until=99999999999999");
        Assert.Null(BundleVerifier.Verify(bundle, keys).Problem);
        var parsed = System.Text.Json.JsonSerializer.Deserialize(bundle, Protocol.ProtocolJson.Default.EvidenceBundle)!;
        for (var i = 0; i < parsed.Records.Count; i++)
        {
            var less = BundleText.Write(parsed with { Records = [.. parsed.Records.Where((_, at) => at != i)] });
            Assert.StartsWith("signature: ", BundleVerifier.Verify(less, keys).Problem, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit/evidence?since=5")).Status);
        Assert.Equal("lease_unknown", (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases/nothing/evidence")).Code);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R16_R37_An_export_ends_in_a_signed_checkpoint_of_its_own_size(string store)
    {
        await using var broker = await StartAsync(store);
        var (_, keys) = await LeaseAsync(broker);
        var export = await BytesAsync(broker, "/v1/audit/export");
        var verdict = await EvidenceRig.VerifyAsync(export, keys);
        Assert.Equal((null, true), (verdict.Problem, verdict.SignatureChecked));
        Assert.Equal(verdict.Records, verdict.Size);
        var newest = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit/checkpoints?count=1")).Json.GetProperty("items")[0];
        Assert.True(newest.GetProperty("size").GetInt64() >= verdict.Size);
        Assert.Null((await EvidenceRig.VerifyAsync(await BytesAsync(broker, "/v1/audit/export"), keys, Checkpoint.Parse(newest.GetProperty("note").GetString()!))).Problem);
    }

    [Fact]
    public async Task Evidence_is_for_auditors_and_its_key_for_everybody()
    {
        await using var broker = await StartAsync("sqlite");
        Assert.Equal(HttpStatusCode.Unauthorized, (await broker.Scene.SendAsync(HttpMethod.Get, "/v1/audit/export", null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await broker.Scene.SendAsync(HttpMethod.Get, "/v1/audit/checkpoints", null)).Status);
        var key = await broker.Scene.SendAsync(HttpMethod.Get, "/v1/audit/key", null);
        Assert.Single(VerificationKey.ParseAll(key.Body));
    }

    [Fact]
    public async Task The_key_stays_the_same_over_a_restart_and_so_does_the_tree()
    {
        using var folder = new SceneFolder();
        IReadOnlyList<VerificationKey> keys;
        Checkpoint kept;
        await using (var first = await Brokers.StartAsync(beside: folder))
        {
            (_, keys) = await LeaseAsync(first);
            await BytesAsync(first, "/v1/audit/export");
            kept = Checkpoint.Parse((await first.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit/checkpoints")).Json.GetProperty("items")[0].GetProperty("note").GetString()!);
        }

        await using var second = await Brokers.StartAsync(beside: folder, change: c => c["Audit"] = new System.Text.Json.Nodes.JsonObject { ["Origin"] = kept.Origin });
        await LeaseAsync(second);
        var verdict = await EvidenceRig.VerifyAsync(await BytesAsync(second, "/v1/audit/export"), keys, kept);
        Assert.Equal((null, 2), (verdict.Problem, (int)verdict.Chains));
    }

    private async Task<RunningBroker> StartAsync(string store) => await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null,
        c => c["Audit"] = new System.Text.Json.Nodes.JsonObject { ["Origin"] = EvidenceRig.Origin });

    /// <summary>A lease that was issued and has ended, and the broker's verification keys.</summary>
    private static async Task<(string Lease, IReadOnlyList<VerificationKey> Keys)> LeaseAsync(RunningBroker broker)
    {
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var lease = (await scene.ClaimAsync(scene.Token(pod), "token")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        await scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", scene.Token(pod));
        await scene.LeaseUntilAsync(lease, "ended");
        return (lease, VerificationKey.ParseAll((await scene.SendAsync(HttpMethod.Get, "/v1/audit/key", null)).Body));
    }

    private static async Task<byte[]> BytesAsync(RunningBroker broker, string path)
    {
        var reply = await broker.Scene.OperatorAsync(HttpMethod.Get, path);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return Encoding.UTF8.GetBytes(reply.Body);
    }
}
