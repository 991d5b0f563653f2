using CredentialBroker.Backends.Conformance;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.SignedToken;

public sealed class SignedTokenGrantTests
{
    private const string Section = """
        target: internal
        audience: orders-api
        claims: { team: "ns-{workload.namespace}" }
        scopes:
          read: { scope: "orders:read" }
          repo: { scope: "repo:{org}/{id}:{mode}", parameters: { org: { type: slug }, id: { type: integer }, mode: { type: enum, values: [pull, push] } } }
        """;

    private static readonly Dictionary<string, string> Facts = new() { ["workload.namespace"] = "shop", ["workload.uri"] = "k8s://prod/shop/checkout" };

    [Fact]
    public async Task A_token_says_what_is_left_after_narrowing()
    {
        await using var harness = new SignedTokenHarness();
        var intent = new Intent(["read", "repo"], new Dictionary<string, string> { ["org"] = "acme", ["id"] = "7", ["mode"] = "pull" });
        var grant = ((Narrowed.To)Compile(harness, Section, out _)!.Narrow(intent, null, Facts)).Grant;
        var order = harness.NewOrder(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1)) with { Grant = grant };
        var handle = harness.Backend.Plan(order);
        var minted = await harness.Backend.MintAsync(handle, order, default);
        var claims = SignedTokenHarness.Claims(minted.Secret);
        Assert.Equal("orders:read repo:acme/7:pull", claims.GetProperty("scope").GetString());
        Assert.Equal("ns-shop", claims.GetProperty("team").GetString());
        Assert.Equal("k8s://prod/shop/checkout", claims.GetProperty("sub").GetString());
        Assert.Equal(order.LeaseId, claims.GetProperty("jti").GetString());
        Assert.Equal(order.EndsAt / 1000 * 1000, minted.DiesBy);
        var privilege = Assert.Single(grant.Privileges);
        Assert.Equal(("audience:orders-api", 2), (privilege.Resource, privilege.Actions.Count));

        var renewed = await harness.Backend.RenewAsync(minted.Handle!, order, default);
        var again = await harness.Backend.RenewAsync(renewed.Handle!, order, default);
        Assert.Equal($"{order.LeaseId}.1", SignedTokenHarness.Claims(renewed.Secret).GetProperty("jti").GetString());
        Assert.Equal($"{order.LeaseId}.2", SignedTokenHarness.Claims(again.Secret).GetProperty("jti").GetString());
        Assert.Equal(order.LeaseId, SignedTokenHarness.Claims(again.Secret).GetProperty("lease").GetString());
    }

    [Fact]
    public async Task Parameters_outside_their_types_or_the_approval_are_refused()
    {
        await using var harness = new SignedTokenHarness();
        var grant = Compile(harness, Section, out _)!;
        string Code(string org, string id, string mode, Intent? approved = null) => grant.Narrow(
            new Intent(["repo"], new Dictionary<string, string> { ["org"] = org, ["id"] = id, ["mode"] = mode }), approved, Facts) is Narrowed.Refused refused
            ? refused.Code
            : "granted";

        Assert.Equal("granted", Code("acme", "7", "push"));
        Assert.Equal("granted", Code("acme", "7", "push", new Intent(["repo", "read"], new Dictionary<string, string> { ["org"] = "acme" })));
        foreach (var org in new[] { "Acme", "a\"b", "a'b", "a b", "a\n", "a\0b", "{id}", "-a", new string('a', 10_240) })
            Assert.Equal(ReasonCodes.ParameterRefused, Code(org, "7", "push"));
        foreach (var id in new[] { "", "-1", "07", "1e3", "١", "1\n" }) Assert.Equal(ReasonCodes.ParameterRefused, Code("acme", id, "push"));
        Assert.Equal(ReasonCodes.ParameterRefused, Code("acme", "7", "delete"));
        Assert.Equal(ReasonCodes.IntentRefused, Code("acme", "7", "push", new Intent(["repo"], new Dictionary<string, string> { ["mode"] = "pull" })));
        Assert.Equal(ReasonCodes.IntentRefused, Code("acme", "7", "push", new Intent(["read"])));
        Assert.Equal(ReasonCodes.IntentRefused, Code("acme", "7", "push", new Intent(null, new Dictionary<string, string> { ["limit"] = "1" })));
        Assert.IsType<Narrowed.Refused>(grant.Narrow(null, null, Facts));
        Assert.IsType<Narrowed.Refused>(grant.Narrow(new Intent(["read"], new Dictionary<string, string> { ["org"] = "acme" }), null, Facts));
        Assert.IsType<Narrowed.Refused>(grant.Narrow(new Intent(["read"]), null, new Dictionary<string, string> { ["workload.namespace"] = "a\"b" }));
    }

    [Theory]
    [InlineData("{ target: other, audience: orders-api }", "target")]
    [InlineData("{ target: internal, audience: else }", "audience")]
    [InlineData("{ target: internal, audience: sts.amazonaws.com }", "audience")]
    [InlineData("{ target: internal, audience: orders-api, claims: { sub: me } }", "claims.sub")]
    [InlineData("{ target: internal, audience: orders-api, claims: { Lease: me } }", "claims.Lease")]
    [InlineData("{ target: internal, audience: orders-api, claims: { a: '{b}' } }", "claims.a")]
    [InlineData("{ target: internal, audience: orders-api, scopes: { a: { scope: 'x y' } } }", "scopes.a.scope")]
    [InlineData("{ target: internal, audience: orders-api, scopes: { a: { scope: 'x:{y}' } } }", "scopes.a.scope")]
    [InlineData("{ target: internal, audience: orders-api, scopes: { a: { scope: x, parameters: { y: { type: slug } } } } }", "scopes.a.parameters.y")]
    [InlineData("{ target: internal, audience: orders-api, scopes: { a: { scope: 'x:{y}', parameters: { y: { type: regex } } } } }", "scopes.a.parameters.y.type")]
    [InlineData("{ target: internal, audience: orders-api, scopes: { a: { scope: 'x:{y}', parameters: { y: { type: enum } } } } }", "scopes.a.parameters.y.values")]
    [InlineData("{ target: internal, audience: orders-api, ttl: 5 }", "ttl")]
    public async Task A_mistake_is_told_with_its_place(string section, string path)
    {
        await using var harness = new SignedTokenHarness();
        Assert.Null(Compile(harness, section, out var mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == $"backend.signed-token.{path}");
    }

    [Fact]
    public void Federation_audiences_are_reserved_in_every_spelling()
    {
        foreach (var audience in new[] { "sts.amazonaws.com", "STS.amazonaws.com", "api://AzureADTokenExchange/", "vault", "//iam.googleapis.com/projects/1", "https://iam.googleapis.com/projects/1" })
            Assert.Single(new SignedTokenTarget { Audiences = [audience] }.Validate("x", Issuer.ReservedAudiences.BuiltIn));
        Assert.Empty(new SignedTokenTarget { Audiences = ["https://orders.example/", "vault-ui"] }.Validate("x", Issuer.ReservedAudiences.BuiltIn));
    }

    private static Grant? Compile(SignedTokenHarness harness, string section, out Mistakes mistakes) =>
        harness.Backend.Compile(Yaml.Parse(section), mistakes = new Mistakes("t.yaml"));
}
