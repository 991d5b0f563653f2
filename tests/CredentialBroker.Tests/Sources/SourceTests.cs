using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.GitLab;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Tests.Sources;

/// <summary>What every source has in common: how its sender is proven, who may approve, what its configuration must say.</summary>
public sealed class SourceTests
{
    private const string Path = "TrustSources:Approvals:hooks";

    /// <summary>The vector that the Standard Webhooks libraries test themselves with.</summary>
    [Fact]
    public void The_published_vector_verifies()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1614265330);
        var headers = new HeaderDictionary
        {
            ["webhook-id"] = "msg_p5jXN8AQM9LWM0D4loKWxJek", ["webhook-timestamp"] = "1614265330", ["webhook-signature"] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        };
        var secret = Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        var webhook = WebhookSignature.Read(headers, out _)!;
        Assert.Null(webhook.Check("""{"test": 2432232314}"""u8, [secret], at));
        Assert.Null(webhook.Check("""{"test": 2432232314}"""u8, [new byte[24], secret], at.AddMinutes(-5)));
        Assert.Equal(ReasonCodes.EvidenceSignature, webhook.Check("""{"test":2432232314}"""u8, [secret], at)!.Code);
        Assert.Equal(ReasonCodes.EvidenceLifetime, webhook.Check("""{"test": 2432232314}"""u8, [secret], at.AddSeconds(301))!.Code);
    }

    [Fact]
    public async Task A_webhook_with_one_good_signature_among_several_is_taken_and_approves()
    {
        await using var scene = await SourcesScene.StartAsync();
        var approval = scene.Approval();
        var hook = scene.Hook(scene.Event(approval.DeepClone()));
        var old = hook.SignatureOf(new byte[32]);
        await SourcesScene.AcceptedAsync(scene.SendAsync(hook with { Shown = s => $"v1a,AAAA v1,{old} v1,{s}" }));
        var claim = await scene.Scene.ClaimAsync(scene.Hostile.Token(approval["instance"]!.GetValue<string>()), "token");
        Assert.True(claim.Status == HttpStatusCode.Created, claim.Body);

        await SourcesScene.AcceptedAsync(scene.SendAsync(scene.Hook(scene.Event(new JsonObject { ["ref"] = approval["ref"]!.DeepClone() }, "withdrawn"))));
        var lease = await scene.Scene.LeaseUntilAsync(claim.Json.GetProperty("lease").GetProperty("id").GetString()!, "ended");
        Assert.Equal("approval_withdrawn", lease.GetProperty("cause").GetString());
    }

    [Theory]
    [InlineData("refuse", 0, "alice", new[] { "bob" }, null)]
    [InlineData("refuse", 0, "alice", new[] { "bob", "ALICE" }, ReasonCodes.SelfApproval)]
    [InlineData("allow", 0, "alice", new[] { "alice" }, null)]
    [InlineData("allow", 1, "alice", new[] { "alice" }, ReasonCodes.ApproversMissing)]
    [InlineData("refuse", 1, "alice", new string[0], ReasonCodes.ApproversMissing)]
    [InlineData("refuse", 1, null, new[] { "bob" }, ReasonCodes.ApproversMissing)]
    [InlineData("refuse", 2, "alice", new[] { "bob", " BOB" }, ReasonCodes.ApproversMissing)]
    [InlineData("refuse", 2, "alice", new[] { "bob", "Deploy-Bot" }, ReasonCodes.ApproversMissing)]
    [InlineData("refuse", 2, "alice", new[] { "bob", "carol" }, null)]
    [InlineData("allow", 2, "alice", new[] { "alice", "bob", "carol" }, null)]
    public void Approvers_are_other_people_and_enough_of_them(string selfApproval, int least, string? requester, string[] approvers, string? code)
    {
        var source = new ApprovalSource("hooks", Whole() with { SelfApproval = selfApproval, MinApprovers = least, ServiceAccounts = ["deploy-bot"] });
        var document = new ApprovalDocument.Approved
        {
            Reference = "r", Environment = "test", Templates = ["token"], Workload = "k8s://a/b/c", Instance = "i", Facts = new Dictionary<string, string>(), Tier = "standard",
            Requester = requester, Approvers = approvers, MaxUses = 1,
        };
        Assert.Equal(code, Entitlement.Check(source, document)?.Code);
        Assert.Equal(ReasonCodes.SourceNotEntitled, Entitlement.Check(source with { Options = source.Options with { MaxTier = null } }, document with { Tier = "critical" })?.Code);
    }

    [Fact]
    public void What_is_proven_by_a_shared_secret_may_not_approve_critical()
    {
        Assert.Empty(Whole().Validate(Path));
        foreach (var tier in (string?[])[null, "critical"]) Assert.Contains((Whole() with { MaxTier = tier }).Validate(Path), m => m.StartsWith($"{Path}:MaxTier: a source proven by a shared secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Format")]
    [InlineData("Authentication")]
    [InlineData("SecretFile")]
    [InlineData("ClientCaFile")]
    [InlineData("Audience")]
    [InlineData("SelfApproval")]
    [InlineData("MinApprovers")]
    [InlineData("ServiceAccounts")]
    [InlineData("GitHub")]
    [InlineData("GitLab")]
    public void A_mistake_is_told_with_its_key(string key)
    {
        var mistaken = key switch
        {
            "Format" => Whole() with { Format = "xml" },
            "Authentication" => Whole() with { Authentication = "basic" },
            "SecretFile" => Whole() with { SecretFile = Given("whsec_c2hvcnQ=") },
            "ClientCaFile" => Whole() with { Authentication = "mtls", SecretFile = null, ClientSan = "dns:gate.test", ClientCaFile = Given("no certificate") },
            "Audience" => Whole() with { Audience = "ignored" },
            "SelfApproval" => Whole() with { SelfApproval = "perhaps" },
            "MinApprovers" => Whole() with { MinApprovers = 17 },
            "ServiceAccounts" => Whole() with { ServiceAccounts = [" "] },
            "GitHub" => Whole() with { GitHub = new() },
            _ => Whole() with { GitLab = new() },
        };
        Assert.Contains(mistaken.Validate(Path), m => m.StartsWith($"{Path}:{key}", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_mistake_about_GitHub_is_told_at_once()
    {
        var mistakes = (Whole() with
        {
            Format = "github", Authentication = null, Issuer = "", SecretFile = Given("short"), Binding = "firstClaim", MinApprovers = 2, Templates = ["orders-*"],
            GitHub = new() { ApiBase = "http://api.test/", Tier = "critical", Environments = { ["production"] = "prod" }, Repositories = { ["octo"] = new() } },
        }).Validate(Path).ToList();
        foreach (var key in new[] { "SecretFile", "Binding", "MinApprovers", "Templates", "GitHub:ApiBase", "GitHub:TokenFile", "GitHub:Tier", "GitHub:Environments:production", "GitHub:Repositories:octo" })
        {
            Assert.Contains(mistakes, m => m.StartsWith($"{Path}:{key}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_mistake_about_GitLab_is_told_at_once()
    {
        var source = Whole() with
        {
            Format = "gitlab", Authentication = null, SecretFile = Given("short"), Binding = "nonce", MaxTier = "critical", Templates = ["orders-*"], GitHub = new(),
            GitLab = new() { ApiBase = "http://api.test/", Tier = "critical", WorkloadSource = "jobs", Environments = { ["production"] = "prod" }, Projects = { ["x"] = "shop/web", ["22"] = "shop", ["23"] = "shop/web" } },
        };
        var workloads = new Dictionary<string, WorkloadSourceOptions> { ["jobs"] = new() { Kind = "github" } };
        string[] mistakes = [.. source.Validate(Path), .. GitLabMistakes.Unprovable(new Dictionary<string, ApprovalSourceOptions> { ["hooks"] = source }, workloads)];
        foreach (var key in new[]
        {
            "Issuer", "SecretFile", "Binding", "MaxTier", "Templates", "GitHub", "GitLab:ApiBase", "GitLab:TokenFile", "GitLab:Tier", "GitLab:Environments:production", "GitLab:Projects:x", "GitLab:Projects:22",
            "GitLab:Projects: 'shop/web'", "GitLab:WorkloadSource",
        })
        {
            Assert.Contains(mistakes, m => m.StartsWith($"{Path}:{key}", StringComparison.Ordinal));
        }

        workloads["jobs"] = new() { Kind = "gitlab" };
        Assert.Empty(GitLabMistakes.Unprovable(new Dictionary<string, ApprovalSourceOptions> { ["hooks"] = source }, workloads));
    }

    private static ApprovalSourceOptions Whole() => new()
    {
        Format = "cloudevents", Authentication = "webhook", Issuer = "https://pipeline.test", SecretFile = Given("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), MaxTier = "standard",
        Environments = ["test"], Templates = ["token"], Owners = new Owners("a", "b", "c"),
    };

    private static string Given(string content)
    {
        var file = System.IO.Path.Combine(Directory.CreateTempSubdirectory("sources").FullName, "file");
        File.WriteAllBytes(file, Encoding.UTF8.GetBytes(content));
        return file;
    }
}
