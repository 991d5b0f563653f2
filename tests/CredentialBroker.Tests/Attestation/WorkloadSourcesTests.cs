using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R39 owners, R60 own issuers, and every other mistake an operator can make in a trust source.</summary>
public sealed class WorkloadSourcesTests
{
    private static readonly WorkloadSourceOptions Sound = new()
    {
        Kind = "kubernetes", Issuer = "https://kubernetes.default.svc.cluster.local", Audience = "credbroker/prod-eu", JwksFile = "/etc/credbroker/prod-eu.json",
        Environments = ["prod"], Owners = new Owners("team-platform", "team-security", "team-sre"),
    };

    private static readonly Dictionary<string, (string Key, WorkloadSourceOptions Options)> Cases = new()
    {
        ["unknown kind"] = ("Kind", Sound with { Kind = "ldap" }),
        ["no audience"] = ("Audience", Sound with { Audience = "" }),
        ["no issuer"] = ("Issuer", Sound with { Issuer = null }),
        ["issuer without TLS"] = ("Issuer", Sound with { Issuer = "http://issuer.example" }),
        ["issuer that is no URL"] = ("Issuer", Sound with { Issuer = "prod" }),
        ["issuer with a query"] = ("Issuer", Sound with { Issuer = "https://issuer.example?x" }),
        ["R60: own issuer"] = ("Issuer", Sound with { Issuer = AttestationBench.OwnIssuer }),
        ["R60: own issuer spelled otherwise"] = ("Issuer", Sound with { Issuer = "https://BROKER.example:443/issuer/federation/" }),
        ["no keys"] = ("JwksFile", Sound with { JwksFile = null }),
        ["keys twice"] = ("JwksFile", Sound with { JwksUrl = "https://issuer.example/jwks" }),
        ["relative file"] = ("JwksFile", Sound with { JwksFile = "jwks.json" }),
        ["key URL without TLS"] = ("JwksUrl", Sound with { JwksFile = null, JwksUrl = "http://issuer.example/jwks" }),
        ["key URL on this machine"] = ("JwksUrl", Sound with { JwksFile = null, JwksUrl = "https://localhost/jwks" }),
        ["key URL with a password"] = ("JwksUrl", Sound with { JwksFile = null, JwksUrl = "https://a:b@issuer.example/jwks" }),
        ["key URL of the metadata service"] = ("JwksUrl", Sound with { JwksFile = null, JwksUrl = "https://169.254.169.254/jwks" }),
        ["key URL of the metadata service, mapped"] = ("JwksUrl", Sound with { JwksFile = null, JwksUrl = "https://[::ffff:169.254.169.254]/jwks" }),
        ["no algorithm"] = ("Algorithms", Sound with { Algorithms = [] }),
        ["HS256"] = ("Algorithms", Sound with { Algorithms = ["RS256", "HS256"] }),
        ["none"] = ("Algorithms", Sound with { Algorithms = ["none"] }),
        ["no type"] = ("TokenTypes", Sound with { TokenTypes = [] }),
        ["lifetime over the hour"] = ("MaxLifetime", Sound with { MaxLifetime = TimeSpan.FromMinutes(61) }),
        ["no lifetime"] = ("MaxLifetime", Sound with { MaxLifetime = TimeSpan.Zero }),
        ["skew over the minute"] = ("ClockSkew", Sound with { ClockSkew = TimeSpan.FromSeconds(61) }),
        ["no environment"] = ("Environments", Sound with { Environments = [] }),
        ["R39: no runtime owner"] = ("Owners:Runtime", Sound with { Owners = new Owners("", "team-security", "team-sre") }),
        ["R39: no policy owner"] = ("Owners:Policy", Sound with { Owners = new Owners("team-platform", "", "team-sre") }),
        ["R39: no operator owner"] = ("Owners:Operator", Sound with { Owners = new Owners("team-platform", "team-security", " ") }),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void R39_R60_a_mistake_is_told_with_its_place(string name)
    {
        var (key, options) = Cases[name];
        Assert.StartsWith($"TrustSources:Workloads:prod-eu:{key}: ", Assert.Single(options.Validate("prod-eu", AttestationBench.Own)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Prod")]
    [InlineData("prod/eu")]
    [InlineData("*")]
    [InlineData("")]
    public void A_source_s_name_stands_in_URIs(string name) => Assert.Single(Sound.Validate(name, AttestationBench.Own));

    [Fact]
    public void All_mistakes_are_told_at_once() =>
        Assert.Equal(8, new WorkloadSourceOptions().Validate("prod-eu", AttestationBench.Own).Count());

    [Theory]
    [InlineData("github", "https://token.actions.githubusercontent.com/.well-known/jwks")]
    [InlineData("gitlab", "https://gitlab.com/oauth/discovery/keys")]
    public void The_pipelines_need_neither_issuer_nor_keys(string kind, string keys)
    {
        var options = Sound with { Kind = kind, Issuer = null, JwksFile = null };
        Assert.Empty(options.Validate("ci", AttestationBench.Own));
        Assert.Equal(keys, options.EffectiveJwksUrl);
    }

    [Fact]
    public void Configured_algorithms_replace_the_usual_ones()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["TrustSources:Workloads:ci:Kind"] = "github", ["TrustSources:Workloads:ci:Algorithms:0"] = "RS256",
        }).Build();
        var options = configuration.GetSection("TrustSources:Workloads").Get<Dictionary<string, WorkloadSourceOptions>>()!["ci"];
        Assert.Equal(["RS256"], options.EffectiveAlgorithms);
        Assert.Equal(["RS256", "ES256", "PS256"], Sound.EffectiveAlgorithms);
    }

    [Fact]
    public void Two_clusters_with_one_issuer_need_audiences_and_keys_of_their_own()
    {
        Assert.Single(Mistakes(Sound));
        Assert.Single(Mistakes(Sound with { Audience = "credbroker/prod-us" }));
        Assert.Single(Mistakes(Sound with { JwksFile = "/etc/credbroker/prod-us.json" }));
        Assert.Empty(Mistakes(Sound with { Audience = "credbroker/prod-us", JwksFile = "/etc/credbroker/prod-us.json" }));

        static IEnumerable<string> Mistakes(WorkloadSourceOptions other) => WorkloadSources.Validate(
            new Dictionary<string, WorkloadSourceOptions> { ["prod-eu"] = Sound, ["prod-us"] = other }, AttestationBench.Own);
    }

    [Fact]
    public void Sources_with_mistakes_are_not_built() => Assert.Throws<InvalidOperationException>(() => WorkloadSources.Build(
        new Dictionary<string, WorkloadSourceOptions> { ["prod-eu"] = Sound with { Audience = "" } },
        AttestationBench.Own, new TokenReader(new FakeClock()), new FakeClock(), NullLogger<KeySource>.Instance));

    [Fact]
    public async Task R14_a_token_of_one_cluster_is_no_evidence_at_its_namesake()
    {
        var clock = new FakeClock();
        var folder = Directory.CreateTempSubdirectory("credbroker").FullName;
        TestIssuer[] clusters = [.. ((string[])["prod-eu", "prod-us"]).Select(name => new TestIssuer(Sound.Issuer!, $"credbroker/{name}", clock, TestKey.Make("one", "ES256")))];
        await File.WriteAllTextAsync(Path.Combine(folder, "eu"), clusters[0].Jwks());
        await File.WriteAllTextAsync(Path.Combine(folder, "us"), clusters[1].Jwks());
        var attestation = WorkloadSources.Build(
            new Dictionary<string, WorkloadSourceOptions>
            {
                ["prod-eu"] = Sound with { JwksFile = Path.Combine(folder, "eu") },
                ["prod-us"] = Sound with { JwksFile = Path.Combine(folder, "us"), Audience = "credbroker/prod-us" },
            },
            AttestationBench.Own, new TokenReader(clock), clock, NullLogger<KeySource>.Instance);

        Assert.Equal("k8s://prod-us/shop/checkout", (await attestation.ProvenAsync(clusters[1].KubernetesToken("shop", "checkout", "u"))).Uri);
        var forged = clusters[0].KubernetesClaims("shop", "checkout", "u");
        forged["aud"] = "credbroker/prod-us";
        await attestation.RefusesAsync(clusters[0].Sign(forged), ReasonCodes.EvidenceSignature);
        forged["aud"] = "credbroker/prod-ap";
        await attestation.RefusesAsync(clusters[0].Sign(forged), ReasonCodes.EvidenceAudience);
        Directory.Delete(folder, recursive: true);
    }
}
