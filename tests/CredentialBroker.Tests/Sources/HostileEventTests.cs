using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Tests.Sources;

/// <summary>CloudEvents that prove nothing, or prove their sender and are refused all the same: each by its own code, none with an effect.</summary>
public sealed class HostileEventTests
{
    [Fact]
    public async Task What_no_signature_covers_is_refused_and_leaves_nothing()
    {
        await using var scene = await SourcesScene.StartAsync();
        Hook Good() => scene.Hook(scene.Event(scene.Approval()));
        (string What, int Status, string Code, Hook Hook)[] cases =
        [
            ("no id", 401, ReasonCodes.EvidenceMissing, Good() with { Without = ["webhook-id"] }),
            ("no timestamp", 401, ReasonCodes.EvidenceMissing, Good() with { Without = ["webhook-timestamp"] }),
            ("no signature", 401, ReasonCodes.EvidenceMissing, Good() with { Without = ["webhook-signature"] }),
            ("no header at all", 401, ReasonCodes.EvidenceMissing, Good() with { Without = ["webhook-id", "webhook-timestamp", "webhook-signature"] }),
            ("two signature headers", 401, ReasonCodes.EvidenceHeader, Good() with { More = [("webhook-signature", "v1,AAAA")] }),
            ("two ids", 401, ReasonCodes.EvidenceHeader, Good() with { More = [("webhook-id", "another")] }),
            ("wrong secret", 401, ReasonCodes.EvidenceSignature, Good() with { Secret = new byte[32] }),
            ("wrong id", 401, ReasonCodes.EvidenceSignature, Good() with { SentId = "msg_another" }),
            ("wrong timestamp", 401, ReasonCodes.EvidenceSignature, Good() with { SentAt = scene.Now.ToUnixTimeSeconds() - 10 }),
            ("stale timestamp", 401, ReasonCodes.EvidenceLifetime, Good() with { At = scene.Now.ToUnixTimeSeconds() - 320 }),
            ("future timestamp", 401, ReasonCodes.EvidenceLifetime, Good() with { At = scene.Now.ToUnixTimeSeconds() + 340 }),
            ("timestamp of another form", 401, ReasonCodes.EvidenceHeader, Good() with { Without = ["webhook-timestamp"], More = [("webhook-timestamp", "1e9")] }),
            ("timestamp that overflows", 401, ReasonCodes.EvidenceHeader, Good() with { Without = ["webhook-timestamp"], More = [("webhook-timestamp", "99999999999999999999")] }),
            ("body changed by white space", 401, ReasonCodes.EvidenceSignature, Good() is var spaced ? spaced with { SentBody = spaced.Body + " " } : spaced),
            ("another body", 401, ReasonCodes.EvidenceSignature, Good() with { SentBody = scene.Event(scene.Approval()).ToJsonString() }),
            ("only a version that is not verified", 401, ReasonCodes.EvidenceAlgorithm, Good() with { Shown = s => $"v1a,{s}" }),
            ("signature that is no base64", 401, ReasonCodes.EvidenceHeader, Good() with { Shown = _ => "v1,***" }),
            ("signature cut short", 401, ReasonCodes.EvidenceHeader, Good() with { Shown = s => $"v1,{s[..40]}" }),
            ("signature without version", 401, ReasonCodes.EvidenceHeader, Good() with { Shown = s => s }),
            ("empty signature", 401, ReasonCodes.EvidenceHeader, Good() with { Shown = _ => "v1," }),
            ("nine signatures", 401, ReasonCodes.EvidenceHeader, Good() with { Shown = s => string.Join(' ', Enumerable.Repeat($"v1,{s}", 9)) }),
            ("id that could be read in two ways", 401, ReasonCodes.EvidenceHeader, Good() with { Id = "msg.1" }),
            ("JSON that says nothing about a mode", 400, ReasonCodes.RequestMalformed, Good() with { ContentType = "application/json" }),
            ("a signed document's type", 400, ReasonCodes.RequestMalformed, Good() with { ContentType = "application/jose" }),
            ("a batch", 400, ReasonCodes.RequestMalformed, Good() with { ContentType = "application/cloudevents-batch+json" }),
            ("binary mode", 400, ReasonCodes.BinaryMode, Good() with { ContentType = "application/json", More = [("ce-id", "1"), ("ce-specversion", "1.0"), ("ce-source", "x"), ("ce-type", "x")] }),
            ("oversize", 413, ReasonCodes.RequestTooLarge, scene.Hook(scene.Event(scene.Approval(("ref", new string('a', 17_000)))))),
            ("unknown source", 404, ReasonCodes.SourceUnknown, Good() with { Source = "nobody" }),
        ];
        foreach (var (what, status, code, hook) in cases) await scene.RefusedAsync(what, status, code, recorded: false, () => scene.SendAsync(hook));
    }

    [Fact]
    public async Task What_its_sender_signed_and_may_not_say_is_refused_and_recorded()
    {
        await using var scene = await SourcesScene.StartAsync();
        Hook Saying(string effect, JsonNode? data, params (string, JsonNode?)[] changes) => scene.Hook(scene.Event(data, effect, changes: changes));
        Hook Changed(params (string, JsonNode?)[] changes) => Saying("approved", scene.Approval(), changes);
        Hook Approving(params (string, JsonNode?)[] changes) => Saying("approved", scene.Approval(changes));
        Hook Written(Func<string, string> change) => scene.Hook(change(scene.Event(scene.Approval()).ToJsonString()));
        string At(int minutes) => scene.Now.AddMinutes(minutes).ToString("O");
        const string Malformed = ReasonCodes.ApprovalMalformed;
        (string What, int Status, string Code, Hook Hook)[] cases =
        [
            ("nothing", 400, Malformed, scene.Hook("")),
            ("a list", 400, Malformed, scene.Hook("[]")),
            ("attribute twice", 400, Malformed, Written(s => s[..^1] + ",\"id\":\"again\"}")),
            ("member twice inside", 400, Malformed, Written(s => s.Replace("\"tier\":", "\"tier\":\"low\",\"tier\":", StringComparison.Ordinal))),
            ("trailing data", 400, Malformed, Written(s => s + "{}")),
            ("deep nesting", 400, Malformed, Written(s => s[..^1] + ",\"data\":" + new string('[', 40) + new string(']', 40) + "}")),
            ("byte order mark", 400, Malformed, Written(s => "\uFEFF" + s)),
            ("NUL", 400, Malformed, Written(s => s.Replace("\"alice\"", "\"a\\u0000lice\"", StringComparison.Ordinal))),
            ("half of a pair", 400, Malformed, Written(s => s.Replace("\"alice\"", "\"\\ud800\"", StringComparison.Ordinal))),
            ("text that turns direction", 400, Malformed, Written(s => s.Replace("\"alice\"", "\"a\\u202elice\"", StringComparison.Ordinal))),
            ("another version", 400, Malformed, Changed(("specversion", "0.3"))),
            ("no id", 400, Malformed, Changed(("id", null))),
            ("unfit id", 400, Malformed, Changed(("id", "a b"))),
            ("no type", 400, Malformed, Changed(("type", null))),
            ("no time", 400, Malformed, Changed(("time", null))),
            ("local time", 400, Malformed, Changed(("time", "2026-07-01T12:00:00"))),
            ("stale", 401, ReasonCodes.EvidenceLifetime, Changed(("time", At(-16)))),
            ("from the future", 401, ReasonCodes.EvidenceLifetime, Changed(("time", At(2)))),
            ("of another source", 401, ReasonCodes.EvidenceUntrustedIssuer, Changed(("source", "https://other.test"))),
            ("no source", 400, Malformed, Changed(("source", null))),
            ("type unknown here", 400, ReasonCodes.EventType, Changed(("type", "dev.credbroker.approval.extended"))),
            ("type of others", 400, ReasonCodes.EventType, Changed(("type", "com.example.approved"))),
            ("type in other letters", 400, ReasonCodes.EventType, Changed(("type", "dev.credbroker.approval.Approved"))),
            ("no data", 400, Malformed, Changed(("data", null))),
            ("data as text", 400, Malformed, Changed(("data", "approved"))),
            ("data in base64", 400, Malformed, Changed(("data_base64", "e30="))),
            ("unknown attribute", 400, Malformed, Changed(("expirytime", At(1)))),
            ("data of another type", 400, Malformed, Changed(("datacontenttype", "text/plain"))),
            ("effect said twice", 400, Malformed, Saying("approved", scene.Scene.ApprovalOf(scene.Scene.NewPod(), "token"))),
            ("unknown member", 400, Malformed, Approving(("admin", true))),
            ("wildcard", 400, Malformed, Approving(("workload", "k8s://cluster/shop/*"))),
            ("no instance", 400, Malformed, Approving(("instance", null))),
            ("image without digest's verdict", 400, Malformed, Approving(("image", new JsonObject { ["reference"] = "shop:1" }))),
            ("image verified by nobody", 400, Malformed, Approving(("image", new JsonObject { ["reference"] = "shop:1", ["verdict"] = "verified" }))),
            ("image unsigned by somebody", 400, Malformed, Approving(("image", new JsonObject { ["reference"] = "shop:1", ["verdict"] = "unsigned", ["issuer"] = "a", ["subject"] = "b" }))),
            ("withdrawal that says more", 400, Malformed, Saying("withdrawn", scene.Approval())),
            ("critical", 403, ReasonCodes.SourceNotEntitled, Approving(("tier", "critical"))),
            ("another environment", 403, ReasonCodes.SourceNotEntitled, Approving(("environment", "prod"))),
            ("another template", 403, ReasonCodes.SourceNotEntitled, Approving(("templates", new JsonArray("token", "root")))),
            ("task of nobody", 403, ReasonCodes.SourceNotEntitled, Saying("task_finished", new JsonObject { ["task"] = "theirs" })),
            ("self-approved", 403, ReasonCodes.SelfApproval, Approving(("approvers", new JsonArray("bob", " Alice")))),
            ("window over", 403, ReasonCodes.ApprovalExpired, Approving(("validUntil", scene.Now.ToUnixTimeSeconds() - 1))),
        ];
        foreach (var (what, status, code, hook) in cases) await scene.RefusedAsync(what, status, code, recorded: true, () => scene.SendAsync(hook));
    }

    [Fact]
    public async Task An_event_counts_once_under_either_of_its_names()
    {
        await using var scene = await SourcesScene.StartAsync();
        var approval = scene.Approval();
        var sent = scene.Event(approval.DeepClone());
        var hook = scene.Hook(sent);
        await SourcesScene.AcceptedAsync(scene.SendAsync(hook));
        await scene.RefusedAsync("the same", 409, ReasonCodes.ApprovalReplayed, true, () => scene.SendAsync(hook));
        await scene.RefusedAsync("same id, other body", 409, ReasonCodes.ApprovalReplayed, true, () => scene.SendAsync(scene.Hook(scene.Event(scene.Approval())) with { Id = hook.Id }));
        await scene.RefusedAsync("same event, sent anew", 409, ReasonCodes.ApprovalReplayed, true, () => scene.SendAsync(scene.Hook(sent)));
        await scene.RefusedAsync("same reference", 409, ReasonCodes.ApprovalFinal, true, () => scene.SendAsync(scene.Hook(scene.Event(approval.DeepClone()))));
        scene.Hostile.Pass(TimeSpan.FromMinutes(20));
        await scene.RefusedAsync("much later", 401, ReasonCodes.EvidenceLifetime, false, () => scene.SendAsync(hook));
    }

    [Fact]
    public async Task A_connection_proves_only_the_source_whose_name_and_authority_it_has()
    {
        await using var scene = await SourcesScene.StartAsync();
        using var other = new TestAuthority(scene.Now);
        var (from, until, name) = (scene.Now.AddDays(-1), scene.Now.AddDays(1), new Uri("spiffe://test/gate"));
        string Body() => scene.Event(scene.Approval()).ToJsonString();
        (string What, string Code, string? Certificate)[] cases =
        [
            ("no certificate", ReasonCodes.EvidenceMissing, null),
            ("another authority", ReasonCodes.EvidenceUntrustedIssuer, other.Leaf(from, until, name)),
            ("expired", ReasonCodes.EvidenceLifetime, scene.Authority.Leaf(from.AddDays(-2), from, name)),
            ("not yet valid", ReasonCodes.EvidenceLifetime, scene.Authority.Leaf(until, until.AddDays(1), name)),
            ("another name", ReasonCodes.EvidenceClaims, scene.Authority.Leaf(from, until, new Uri("spiffe://test/gate2"))),
            ("the name as another kind", ReasonCodes.EvidenceClaims, scene.Authority.Leaf(from, until, dns: "test")),
            ("a server's", ReasonCodes.EvidenceUntrustedIssuer, scene.Authority.Leaf(from, until, name, use: TestAuthority.ServerAuthentication)),
        ];
        foreach (var (what, code, certificate) in cases) await scene.RefusedAsync(what, 401, code, recorded: false, () => scene.SendEventAsync("mtls", Body(), certificate));

        var good = scene.Authority.Leaf(from, until, name);
        await scene.RefusedAsync("proven and malformed", 400, ReasonCodes.ApprovalMalformed, true, () => scene.SendEventAsync("mtls", "{}", good));
        var body = Body();
        await SourcesScene.AcceptedAsync(scene.SendEventAsync("mtls", body, good));
        await scene.RefusedAsync("again", 409, ReasonCodes.ApprovalReplayed, true, () => scene.SendEventAsync("mtls", body, good));
        await scene.RefusedAsync("a certificate is no signature", 401, ReasonCodes.EvidenceMissing, false, () => scene.SendEventAsync("hooks", Body(), good));
    }

    [Fact]
    public async Task An_event_around_a_signed_document_says_nothing_else()
    {
        await using var scene = await SourcesScene.StartAsync();
        string Event(Action<JsonObject>? change = null, string? document = null, string effect = "approved")
        {
            var payload = scene.Hostile.Payload(scene.Scene.ApprovalOf(scene.Scene.NewPod(), "token"));
            var written = scene.Event(
                document ?? scene.Hostile.SignApproval(payload.ToJsonString()), effect, CredentialBroker.TestInfra.Scene.GateIssuer, ("datacontenttype", "application/jose"), ("id", payload["jti"]!.DeepClone()));
            change?.Invoke(written);
            return written.ToJsonString();
        }

        var parts = scene.Hostile.SignApproval(scene.Approval(("effect", "approved"))).Split('.');
        (string What, int Status, string Code, bool Recorded, string Body)[] cases =
        [
            ("signature of another", 401, ReasonCodes.EvidenceSignature, false, Event(document: $"{parts[0]}.{parts[1]}.{scene.Hostile.SignApproval(scene.Approval()).Split('.')[2]}")),
            ("no signature", 401, ReasonCodes.EvidenceSignature, false, Event(document: $"{parts[0]}.{parts[1]}.")),
            ("another id", 401, ReasonCodes.EvidenceClaims, true, Event(e => e["id"] = "another")),
            ("another effect", 401, ReasonCodes.EvidenceClaims, true, Event(effect: "withdrawn")),
            ("unknown type", 400, ReasonCodes.EventType, false, Event(e => e["type"] = "dev.credbroker.approval.all")),
            ("another source", 401, ReasonCodes.EvidenceUntrustedIssuer, false, Event(e => e["source"] = "https://other.test")),
            ("not signed at all", 401, ReasonCodes.EvidenceMalformed, false, Event(e => e["data"] = scene.Approval())),
            ("a type that is not signed", 401, ReasonCodes.EvidenceMalformed, false, Event(e => e["datacontenttype"] = "application/json")),
            ("stale", 401, ReasonCodes.EvidenceLifetime, false, Event(e => e["time"] = scene.Now.AddMinutes(-16).ToString("O"))),
            ("attribute twice", 401, ReasonCodes.EvidenceMalformed, false, Event()[..^1] + ",\"id\":\"x\"}"),
        ];
        foreach (var (what, status, code, recorded, body) in cases) await scene.RefusedAsync(what, status, code, recorded, () => scene.SendEventAsync("signed", body));
        await SourcesScene.AcceptedAsync(scene.SendEventAsync("signed", Event()));
    }
}
