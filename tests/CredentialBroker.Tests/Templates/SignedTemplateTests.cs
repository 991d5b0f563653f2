using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Issuance;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Templates;

/// <summary>A broker that loads only what one of its authors signed.</summary>
public sealed class SignedTemplateTests
{
    private static readonly string Text = SceneFolder.Token();

    [Fact]
    public async Task R40_What_no_author_signed_is_not_taken_and_the_decision_names_who_did()
    {
        using var alice = TestKey.Make("alice", "ES256");
        using var mallory = TestKey.Make("alice", "ES256");
        using var keys = new KeysFile(alice);
        await using var hostile = await StartAsync(keys);
        foreach (var signature in new[] { null, "", "a.b.c", Sign(mallory, "token", Text), Sign(alice, "other", Text), Sign(alice, "token", Text + "\n"), Sign(alice, "token", Text, type: "JWT") })
        {
            var refused = await ApplyAsync(hostile, signature);
            Assert.Equal((HttpStatusCode.Forbidden, "template_unsigned"), (refused.Status, refused.Code));
        }

        Assert.Equal(HttpStatusCode.OK, (await ApplyAsync(hostile, Sign(alice, "token", Text))).Status);
        var pod = await hostile.ApprovedPodAsync("token");
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);
        Assert.Equal("alice", (await hostile.AuditAsync("credential.decision"))[^1].GetProperty("decision").GetProperty("signedBy").GetString());
    }

    [Fact]
    public async Task R40_A_signature_that_is_gone_altered_or_of_somebody_who_left_grants_nothing()
    {
        using var alice = TestKey.Make("alice", "ES256");
        using var bob = TestKey.Make("bob", "RS256");
        using var keys = new KeysFile(alice);
        await using var hostile = await StartAsync(keys);
        await ApplyAsync(hostile, Sign(alice, "token", Text));
        var pod = await hostile.ApprovedPodAsync("token");
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);

        await AlterAsync(hostile, "UPDATE template_signatures SET signature = signature || 'A'");
        await hostile.RefusedAsync(403, "template_unknown", true, "altered", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
        await AlterAsync(hostile, "DELETE FROM template_signatures");
        await hostile.RefusedAsync(403, "template_unknown", true, "gone", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
        Assert.Equal(HttpStatusCode.OK, (await ApplyAsync(hostile, Sign(alice, "token", Text))).Status);
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);
        keys.Write(bob);
        await AlterAsync(hostile, "SELECT 1");
        await hostile.RefusedAsync(403, "template_unknown", true, "left", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
    }

    private static Task<HostileScene> StartAsync(KeysFile keys) => HostileScene.StartAsync(change: c => c["Templates"] = new JsonObject { ["SignersFile"] = keys.Path });

    private static async Task<Reply> ApplyAsync(HostileScene hostile, string? signature) => await hostile.Scene.SendAsync(
        HttpMethod.Put, "/v1/templates", hostile.Scene.OperatorToken, new StringContent(Text, Encoding.UTF8, "application/yaml"), signature is null ? [] : [("Credbroker-Signature", signature)]);

    /// <summary>Behind the broker's back, after which the epoch makes it look.</summary>
    private static async Task AlterAsync(HostileScene hostile, string sql)
    {
        await hostile.Broker.Get<Journal>().CommitAsync(Lane.Control, new Controls.EpochBump(), new PlainWrite(sql));
        await hostile.Broker.Get<Rulebook>().RefreshAsync(default);
    }

    private static string Sign(TestKey key, string name, string text, string type = TemplateSignatures.Type) => TestIssuer.Sign(
        Bytes(new JsonObject { ["alg"] = key.Algorithm, ["kid"] = key.Id, ["typ"] = type }), Bytes(new JsonObject { ["name"] = name, ["sha256"] = TemplateCompiler.RevisionOf(text) }), key.Sign);

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private sealed class KeysFile : IDisposable
    {
        public KeysFile(TestKey key) => Write(key);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

        public void Write(TestKey key) => File.WriteAllText(Path, new JsonObject { ["keys"] = new JsonArray(key.Jwk()) }.ToJsonString());

        public void Dispose() => File.Delete(Path);
    }
}
