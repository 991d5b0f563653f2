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

    private static readonly WorkloadSourceOptions Domain = Sound with { Kind = "spiffe", Issuer = null, Spiffe = new SpiffeSourceOptions { TrustDomain = "prod.example" } };

    private static readonly WorkloadSourceOptions Aws = Sound with
    {
        Kind = "aws", Issuer = "https://abc.tokens.sts.global.api.aws", JwksFile = null, Aws = new AwsSourceOptions { Accounts = ["123456789012"] },
    };

    private static readonly WorkloadSourceOptions Calls = Aws with
    {
        Kind = "aws-call", Issuer = null, Aws = new AwsSourceOptions { Accounts = ["123456789012"], Regions = ["eu-central-1"] },
    };

    private static readonly WorkloadSourceOptions Azure = Sound with { Kind = "azure", Issuer = "https://sts.windows.net/11111111-2222-3333-4444-555555555555/", JwksFile = null };

    private static readonly WorkloadSourceOptions Google = Sound with { Kind = "google", Issuer = null, JwksFile = null };

    private static readonly Dictionary<string, (string Key, WorkloadSourceOptions Options)> KindCases = new()
    {
        ["spiffe without its section"] = ("Spiffe", Domain with { Spiffe = null }),
        ["spiffe without a trust domain"] = ("Spiffe:TrustDomain", Of(new SpiffeSourceOptions())),
        ["spiffe with a scheme"] = ("Spiffe:TrustDomain", Of(new SpiffeSourceOptions { TrustDomain = "spiffe://prod.example" })),
        ["spiffe in upper case"] = ("Spiffe:TrustDomain", Of(new SpiffeSourceOptions { TrustDomain = "Prod.example" })),
        ["spiffe with an issuer"] = ("Issuer", Domain with { Issuer = "https://spire.example" }),
        ["spiffe without a bundle"] = ("JwksFile", Domain with { JwksFile = null }),
        ["spiffe endpoint without a first bundle"] = ("Spiffe:EndpointId", Endpoint(new SpiffeSourceOptions { TrustDomain = "prod.example", EndpointId = "spiffe://prod.example/spire" })),
        ["spiffe endpoint of another domain"] = ("Spiffe:EndpointId", Endpoint(new SpiffeSourceOptions { TrustDomain = "prod.example", EndpointId = "spiffe://test.example/spire", FirstBundleFile = "/etc/x" })),
        ["spiffe endpoint without URL"] = ("Spiffe:EndpointId", Of(new SpiffeSourceOptions { TrustDomain = "prod.example", EndpointId = "spiffe://prod.example/spire", FirstBundleFile = "/etc/x" })),
        ["spiffe first bundle by a relative path"] = ("Spiffe:FirstBundleFile", Endpoint(new SpiffeSourceOptions { TrustDomain = "prod.example", EndpointId = "spiffe://prod.example/spire", FirstBundleFile = "x" })),
        ["spiffe bundle of the metadata service"] = ("JwksUrl", Domain with { JwksFile = null, JwksUrl = "https://169.254.169.254/bundle" }),
        ["aws without its section"] = ("Aws", Aws with { Aws = null }),
        ["aws without accounts"] = ("Aws:Accounts", Aws with { Aws = new AwsSourceOptions() }),
        ["aws with a short account"] = ("Aws:Accounts", Aws with { Aws = new AwsSourceOptions { Accounts = ["123"] } }),
        ["aws without an issuer"] = ("Issuer", Aws with { Issuer = null, JwksUrl = "https://abc.example/jwks" }),
        ["aws for two hours"] = ("MaxLifetime", Aws with { MaxLifetime = TimeSpan.FromHours(2) }),
        ["aws-call without its section"] = ("Aws", Calls with { Aws = null }),
        ["aws-call without regions"] = ("Aws:Regions", Calls with { Aws = new AwsSourceOptions { Accounts = ["123456789012"] } }),
        ["aws-call with a host for a region"] = ("Aws:Regions", Calls with { Aws = new AwsSourceOptions { Accounts = ["123456789012"], Regions = ["evil.example/#"] } }),
        ["aws-call for sixteen minutes"] = ("MaxLifetime", Calls with { MaxLifetime = TimeSpan.FromMinutes(16) }),
        ["aws-call with keys"] = ("JwksUrl", Calls with { JwksUrl = "https://x.example" }),
        ["aws-call with an issuer"] = ("Issuer", Calls with { Issuer = "https://x.example" }),
        ["aws-call elsewhere"] = ("Aws:LoopbackEndpoint", StandIn("https://sts.evil.example", loopback: true)),
        ["aws-call on this machine without leave"] = ("Aws:LoopbackEndpoint", StandIn("http://127.0.0.1:9", loopback: false)),
        ["aws-call on this machine with a path"] = ("Aws:LoopbackEndpoint", StandIn("http://127.0.0.1:9/x", loopback: true)),
        ["azure for all tenants"] = ("Issuer", Azure with { Issuer = "https://login.microsoftonline.com/common/v2.0", JwksUrl = "https://login.microsoftonline.com/common/discovery/v2.0/keys" }),
        ["azure without a slash"] = ("Issuer", Azure with { Issuer = Azure.Issuer!.TrimEnd('/'), JwksUrl = "https://x.example" }),
        ["azure for its management"] = ("Audience", Azure with { Audience = "https://management.azure.com/" }),
        ["google by another name"] = ("Issuer", Google with { Issuer = "https://accounts.google.example", JwksUrl = "https://x.example" }),
    };

    public static TheoryData<string> KindNames => [.. KindCases.Keys];

    [Theory]
    [MemberData(nameof(KindNames))]
    public void R27_a_mistake_that_only_one_kind_can_have_is_told_with_its_place(string name)
    {
        var (key, options) = KindCases[name];
        Assert.StartsWith($"TrustSources:Workloads:prod-eu:{key}: ", Assert.Single(options.Validate("prod-eu", AttestationBench.Own)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_is_accepted_when_it_is_sound()
    {
        Assert.All([Domain, Endpoint(new SpiffeSourceOptions { TrustDomain = "prod.example", EndpointId = "spiffe://prod.example/spire", FirstBundleFile = "/etc/x" }), Aws, Calls, StandIn("http://127.0.0.1:9", true), Azure, Google],
            options => Assert.Empty(options.Validate("prod-eu", AttestationBench.Own)));
        Assert.Equal("https://abc.tokens.sts.global.api.aws/.well-known/jwks.json", Aws.EffectiveJwksUrl);
        Assert.Equal("https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/discovery/v2.0/keys", Azure.EffectiveJwksUrl);
        Assert.Equal("https://www.googleapis.com/oauth2/v3/certs", Google.EffectiveJwksUrl);
        Assert.Equal(TimeSpan.FromMinutes(15), Calls.EffectiveMaxLifetime);
    }

    [Fact]
    public void A_trust_domain_has_one_source_and_signed_calls_have_one()
    {
        Assert.Contains("prod-us:Spiffe:TrustDomain", Assert.Single(Mistakes(Domain, Domain with { JwksFile = "/etc/other" })), StringComparison.Ordinal);
        Assert.Empty(Mistakes(Domain, Domain with { Spiffe = new SpiffeSourceOptions { TrustDomain = "test.example" } }));
        Assert.Contains("prod-us:Kind", Assert.Single(Mistakes(Calls, Calls)), StringComparison.Ordinal);

        static IEnumerable<string> Mistakes(WorkloadSourceOptions one, WorkloadSourceOptions other) =>
            WorkloadSources.Validate(new Dictionary<string, WorkloadSourceOptions> { ["prod-eu"] = one, ["prod-us"] = other }, AttestationBench.Own);
    }

    private static WorkloadSourceOptions Of(SpiffeSourceOptions spiffe) => Domain with { Spiffe = spiffe };

    private static WorkloadSourceOptions Endpoint(SpiffeSourceOptions spiffe) => Of(spiffe) with { JwksFile = null, JwksUrl = "https://spire.example:8443" };

    private static WorkloadSourceOptions StandIn(string endpoint, bool loopback) => Calls with { AllowLoopback = loopback, Aws = Calls.Aws! with { LoopbackEndpoint = endpoint } };

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
