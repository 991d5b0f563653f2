using CredentialBroker.Backends;
using CredentialBroker.Templates;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Templates;

/// <summary>A template that compiles, and what becomes of it when lines of it are replaced.</summary>
internal static class TemplateText
{
    public const string Good =
        """
        apiVersion: credentialbroker/v1
        kind: IssuanceTemplate
        metadata: { name: orders-read, environment: prod }
        owners: { runtime: team-platform, policy: team-security, operator: team-sre }
        match:
          workloads: ["k8s://prod-eu/shop/checkout"]
          approvals: { sources: [prod-eu] }
        tier: standard
        ttl: 15m
        maxTtl: 4h
        maxResidual: 0s
        concurrentLeases: 3
        intent: optional
        evidence: { oneTime: false, minStrength: 2, maxDelegation: 1 }
        delivery: { env: refused }
        backend:
          postgres: { target: orders }
        quarantine: { template: orders-status-only }

        """;

    public static TemplateCompiler Compiler { get; } = new([new FakeBackend("aws"), new FakeBackend("azure"), new FakeBackend("certificate"), new FakeBackend("gcp"), new FakeBackend("github"), new FakeBackend("kubernetes"), new FakeBackend("postgres"), new FakeBackend("signed-token"), new FakeBackend("vault"), new FakeBackend("webhook")], new TemplateLimits(), TimeProvider.System);

    public static string Replacing(string old, string with)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        return Good.Replace(old, with, StringComparison.Ordinal);
    }

    public static CompiledTemplate Compile(string text)
    {
        var mistakes = new Mistakes("t.yaml");
        var template = Compiler.Compile(text, mistakes);
        Assert.Empty(mistakes.All);
        return Assert.IsType<CompiledTemplate>(template);
    }

    public static IReadOnlyList<Mistake> MistakesOf(string text)
    {
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(Compiler.Compile(text, mistakes));
        Assert.NotEmpty(mistakes.All);
        return mistakes.All;
    }

    /// <summary>Exactly one mistake, at this path, that says this.</summary>
    public static void Refused(string text, string path, string says)
    {
        var mistake = Assert.Single(MistakesOf(text));
        Assert.Equal(path, mistake.Path);
        Assert.Contains(says, mistake.Message, StringComparison.Ordinal);
    }
}
