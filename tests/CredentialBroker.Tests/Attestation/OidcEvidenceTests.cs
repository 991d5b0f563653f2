using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14, R27, R60: tokens of OpenID Connect issuers and of the two pipelines.</summary>
public sealed class OidcEvidenceTests
{
    private readonly TestIssuer _issuer = new(new FakeClock());

    [Theory]
    [InlineData("build", "oidc://prod-eu/build")]
    [InlineData("org/build", "oidc://prod-eu/org%2Fbuild")]
    [InlineData("org%2Fbuild", "oidc://prod-eu/org%252Fbuild")]
    [InlineData("*", "oidc://prod-eu/%2A")]
    [InlineData("..", "oidc://prod-eu/%2E%2E")]
    [InlineData("a?b#c", "oidc://prod-eu/a%3Fb%23c")]
    public async Task A_subject_is_exactly_one_segment(string subject, string uri) =>
        Assert.Equal(uri, (await AttestationBench.Of("oidc", _issuer).ProvenAsync(_issuer.Sign(_issuer.Claims(subject)))).Uri);

    [Theory]
    [InlineData(null, "github://1/2")]
    [InlineData("prod", "github://1/2/prod")]
    [InlineData("Prod EU/west", "github://1/2/Prod%20EU%2Fwest")]
    [InlineData("*", "github://1/2/%2A")]
    public async Task R14_a_GitHub_job_is_proven_by_ids(string? environment, string uri)
    {
        var workload = await AttestationBench.Of("github", _issuer).ProvenAsync(_issuer.GitHubToken("1", "2", environment));
        Assert.Equal(uri, workload.Uri);
        Assert.Equal("9001/1/77", workload.Instance);
        Assert.Equal("push", workload.Attributes["event_name"]);
    }

    [Theory]
    [InlineData("repository_id", null)]
    [InlineData("repository_id", "2/3")]
    [InlineData("repository_id", "*")]
    [InlineData("repository_owner_id", null)]
    [InlineData("repository_owner_id", "octo")]
    [InlineData("run_id", null)]
    [InlineData("run_attempt", "1\n")]
    [InlineData("check_run_id", "x")]
    [InlineData("ref", null)]
    [InlineData("ref", "refs/heads/a\nb")]
    [InlineData("ref", "refs/heads/\u202Emain")]
    [InlineData("ref_type", null)]
    [InlineData("event_name", null)]
    [InlineData("environment", "pr\"od")]
    [InlineData("sha", "main")]
    public async Task R27_GitHub_claims_of_the_wrong_form_are_refused(string claim, string? value)
    {
        var claims = _issuer.GitHubClaims("1", "2");
        Set(claims, claim, value);
        await AttestationBench.Of("github", _issuer).RefusesAsync(_issuer.Sign(claims), ReasonCodes.EvidenceClaims);
    }

    [Theory]
    [InlineData("project_id", null)]
    [InlineData("project_id", "shop")]
    [InlineData("job_id", null)]
    [InlineData("ref_protected", null)]
    [InlineData("ref_protected", "True")]
    [InlineData("environment_protected", "yes")]
    [InlineData("pipeline_source", null)]
    [InlineData("pipeline_source", "merge_request_event")]
    public async Task R27_GitLab_claims_of_the_wrong_form_are_refused(string claim, string? value)
    {
        var claims = GitLabClaims();
        Set(claims, claim, value);
        await AttestationBench.Of("gitlab", _issuer).RefusesAsync(_issuer.Sign(claims), ReasonCodes.EvidenceClaims);
    }

    [Theory]
    [InlineData(null, "false")]
    [InlineData("22", "false")]
    [InlineData("11", "true")]
    public async Task A_GitLab_job_is_its_code_s_project_and_a_fork_says_so(string? host, string fork)
    {
        var claims = GitLabClaims();
        Set(claims, "job_project_id", host);
        var workload = await AttestationBench.Of("gitlab", _issuer).ProvenAsync(_issuer.Sign(claims));
        Assert.Equal("gitlab://prod-eu/22", workload.Uri);
        Assert.Equal("302", workload.Instance);
        Assert.Equal("5", workload.Attributes["runner_id"]);
        Assert.Equal(fork, workload.Attributes["fork"]);
    }

    [Fact]
    public async Task R60_a_chain_of_actors_is_told_outermost_first()
    {
        var claims = _issuer.Claims("build");
        claims["act"] = JsonNode.Parse("""{"sub":"a","act":{"sub":"b","act":{"sub":"c"}}}""");
        Assert.Equal(["a", "b", "c"], (await AttestationBench.Of("oidc", _issuer).ProvenAsync(_issuer.Sign(claims))).ActChain);
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public async Task R60_a_chain_has_at_most_eight_actors(int length, bool good)
    {
        JsonObject? act = null;
        for (var i = 0; i < length; i++)
        {
            act = act is null ? new JsonObject { ["sub"] = "x" } : new JsonObject { ["sub"] = "x", ["act"] = act };
        }

        var claims = _issuer.Claims("build");
        claims["act"] = act;
        var attestation = AttestationBench.Of("oidc", _issuer);
        if (good)
        {
            Assert.Equal(length, (await attestation.ProvenAsync(_issuer.Sign(claims))).ActChain.Count);
        }
        else
        {
            await attestation.RefusesAsync(_issuer.Sign(claims), ReasonCodes.EvidenceClaims);
        }
    }

    [Theory]
    [InlineData("\"a\"")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"sub":7}""")]
    [InlineData("""{"sub":"a b"}""")]
    [InlineData("""{"sub":"a","act":[]}""")]
    [InlineData("""{"sub":"lease-1","iss":"https://broker.example/issuer/workload"}""")]
    [InlineData("""{"sub":"a","act":{"sub":"lease-1","iss":"https://BROKER.example:443/issuer/federation/"}}""")]
    public async Task R60_actors_without_a_name_or_from_this_very_broker_are_refused(string act)
    {
        var claims = _issuer.Claims("build");
        claims["act"] = JsonNode.Parse(act);
        await AttestationBench.Of("oidc", _issuer).RefusesAsync(_issuer.Sign(claims), ReasonCodes.EvidenceClaims);
    }

    [Fact]
    public async Task R60_a_token_of_the_broker_itself_is_refused_even_where_it_was_configured_as_a_source()
    {
        var self = new TestIssuer(AttestationBench.OwnIssuer, "credbroker", new FakeClock(), TestKey.Make("one", "ES256"));
        await AttestationBench.Of("oidc", self).RefusesAsync(self.Sign(self.Claims("lease-1")), ReasonCodes.EvidenceUntrustedIssuer);
    }

    private JsonObject GitLabClaims() => _issuer.GitLabClaims("22", "302", "301");

    private static void Set(JsonObject claims, string claim, string? value)
    {
        claims.Remove(claim);
        if (value is not null)
        {
            claims[claim] = value;
        }
    }
}
