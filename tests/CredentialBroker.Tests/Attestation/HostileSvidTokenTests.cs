using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14, R27: JWT-SVIDs, and what is wrong with those that are refused.</summary>
public sealed class HostileSvidTokenTests
{
    private static readonly FakeClock Clock = new();
    private static readonly TestDomain Prod = new("prod.example", Clock);
    private static readonly TestDomain Test = new("test.example", Clock);
    private static readonly TestKey Stranger = TestKey.Make("jwt-1", "ES256");

    private static readonly Dictionary<string, (string Code, Func<string> Forge)> Cases = new()
    {
        ["subject is missing"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", null)),
        ["subject is no SPIFFE ID"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", "checkout")),
        ["subject is a list"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", new JsonArray(Prod.Id))),
        ["subject of a domain nobody trusts"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", "spiffe://evil.example/shop/checkout")),
        ["subject with another case in the domain"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", "spiffe://Prod.example/shop/checkout")),
        ["subject with another case in the scheme"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", "SPIFFE://prod.example/shop/checkout")),
        ["subject with a port"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", "spiffe://prod.example:443/shop/checkout")),
        ["subject with a user"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", "spiffe://a@prod.example/shop/checkout")),
        ["subject with a Cyrillic letter in the domain"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("sub", "spiffe://pr\u043ed.example/shop/checkout")),
        ["subject is the domain alone"] = (ReasonCodes.EvidenceClaims, () => With("sub", "spiffe://prod.example")),
        ["subject with a dot segment"] = (ReasonCodes.EvidenceClaims, () => With("sub", "spiffe://prod.example/shop/../admin")),
        ["subject with a percent"] = (ReasonCodes.EvidenceClaims, () => With("sub", "spiffe://prod.example/shop%2fcheckout")),
        ["subject with a trailing slash"] = (ReasonCodes.EvidenceClaims, () => With("sub", "spiffe://prod.example/shop/")),
        ["subject with a query"] = (ReasonCodes.EvidenceClaims, () => With("sub", "spiffe://prod.example/shop?x")),
        ["subject with a Cyrillic letter"] = (ReasonCodes.EvidenceClaims, () => With("sub", "spiffe://prod.example/sh\u043ep")),
        ["subject of 2049 characters"] = (ReasonCodes.EvidenceClaims, () => With("sub", "spiffe://prod.example/" + new string('a', 2049 - 22))),

        ["signed by another domain's key"] = (ReasonCodes.EvidenceSignature, () => Test.Tokens.Sign(Prod.Claims())),
        ["signed by a stranger under a known kid"] = (ReasonCodes.EvidenceSignature, () => Prod.Tokens.Sign(Header("jwt-1"), Prod.Claims().ToJsonString(), Stranger)),
        ["kid of the X.509 authority"] = (ReasonCodes.EvidenceUnknownKey, () => Prod.Tokens.Sign(Header("x509-1"), Prod.Claims().ToJsonString())),
        ["kid nobody published"] = (ReasonCodes.EvidenceUnknownKey, () => Prod.Tokens.Sign(Header("jwt-9"), Prod.Claims().ToJsonString())),
        ["alg none"] = (ReasonCodes.EvidenceAlgorithm, () => TestIssuer.Sign(Encoding.UTF8.GetBytes("""{"alg":"none","kid":"jwt-1"}"""), Encoding.UTF8.GetBytes(Prod.Claims().ToJsonString()), _ => [])),
        ["HS256 with the public key"] = (ReasonCodes.EvidenceAlgorithm, () => TestIssuer.Sign(
            Encoding.UTF8.GetBytes("""{"alg":"HS256","kid":"jwt-1"}"""), Encoding.UTF8.GetBytes(Prod.Claims().ToJsonString()),
            data => System.Security.Cryptography.HMACSHA256.HashData(Prod.Tokens.Keys[0].Key.ExportSubjectPublicKeyInfo(), data))),
        ["RS256 under an EC key's kid"] = (ReasonCodes.EvidenceAlgorithm, () => Prod.Tokens.Sign("""{"alg":"RS256","kid":"jwt-1"}""", Prod.Claims().ToJsonString())),

        ["typ of a WIT-SVID"] = (ReasonCodes.EvidenceHeader, () => Prod.Tokens.Sign("""{"alg":"ES256","kid":"jwt-1","typ":"wit+jwt"}""", Prod.Claims().ToJsonString())),
        ["typ in lower case"] = (ReasonCodes.EvidenceHeader, () => Prod.Tokens.Sign("""{"alg":"ES256","kid":"jwt-1","typ":"jwt"}""", Prod.Claims().ToJsonString())),
        ["a header beyond alg, kid and typ"] = (ReasonCodes.EvidenceHeader, () => Prod.Tokens.Sign("""{"alg":"ES256","kid":"jwt-1","cty":"JWT"}""", Prod.Claims().ToJsonString())),
        ["a certificate's thumbprint"] = (ReasonCodes.EvidenceHeader, () => Prod.Tokens.Sign("""{"alg":"ES256","kid":"jwt-1","x5t":"AAAA"}""", Prod.Claims().ToJsonString())),

        ["audience is missing"] = (ReasonCodes.EvidenceAudience, () => With("aud", null)),
        ["audience of another service"] = (ReasonCodes.EvidenceAudience, () => With("aud", new JsonArray("vault"))),
        ["audience list with a second service"] = (ReasonCodes.EvidenceAudience, () => With("aud", new JsonArray(TestDomain.Audience, "vault"))),
        ["audience list that is empty"] = (ReasonCodes.EvidenceAudience, () => With("aud", new JsonArray())),
        ["exp is missing"] = (ReasonCodes.EvidenceLifetime, () => With("exp", null)),
        ["exp is text"] = (ReasonCodes.EvidenceLifetime, () => With("exp", "soon")),
        ["expired"] = (ReasonCodes.EvidenceLifetime, () => With("exp", Clock.Seconds - 31)),
        ["lives longer than an hour"] = (ReasonCodes.EvidenceLifetime, () => With("exp", Clock.Seconds + 3601)),
        ["lives longer than an hour from now, without iat"] = (ReasonCodes.EvidenceLifetime, () => Without("iat", ("exp", Clock.Seconds + 3601))),
        ["not valid yet"] = (ReasonCodes.EvidenceLifetime, () => With("nbf", Clock.Seconds + 31)),
        ["issued in the future"] = (ReasonCodes.EvidenceLifetime, () => With("iat", Clock.Seconds + 31)),
        ["duplicate subject"] = (ReasonCodes.EvidenceMalformed, () => Prod.Tokens.Sign(Header("jwt-1"), Prod.Claims().ToJsonString()[..^1] + ",\"sub\":\"spiffe://prod.example/admin\"}")),
        ["duplicate subject by escape"] = (ReasonCodes.EvidenceMalformed, () => Prod.Tokens.Sign(Header("jwt-1"), Prod.Claims().ToJsonString()[..^1] + """,  "s\u0075b":"spiffe://prod.example/admin"}""")),
        ["JSON serialization instead of compact"] = (ReasonCodes.EvidenceMalformed, () => """{"payload":"e30","signatures":[]}"""),
        ["oversize"] = (ReasonCodes.EvidenceMalformed, () => With("x", new string('x', 16 * 1024))),
        ["R60: the broker's own issuer beside a domain's subject"] = (ReasonCodes.EvidenceUntrustedIssuer, () => With("iss", AttestationBench.OwnIssuer)),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task R27_is_refused_with_its_own_code(string name) => await TestDomain.Attestation(Prod, Test).RefusesAsync(Cases[name].Forge(), Cases[name].Code);

    [Theory]
    [InlineData("""{"alg":"ES256","kid":"jwt-1"}""")]
    [InlineData("""{"alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","kid":"jwt-1","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"jwt-1","typ":"JOSE"}""")]
    public async Task R14_a_token_of_the_trust_domain_proves_the_workload(string header)
    {
        var workload = await TestDomain.Attestation(Prod, Test).ProvenAsync(Prod.Tokens.Sign(header, Prod.Claims().ToJsonString()));
        Assert.Equal(("prod-example", "spiffe", Prod.Id, Prod.Id, Prod.Id, 2), (workload.Source, workload.Kind, workload.Uri, workload.Subject, workload.Instance, workload.Strength));
        Assert.Equal("prod.example", workload.Attributes["trustDomain"]);
    }

    [Fact]
    public async Task A_token_without_iat_is_judged_by_the_life_it_has_left() =>
        _ = await TestDomain.Attestation(Prod).ProvenAsync(Without("iat", ("exp", Clock.Seconds + 3600)));

    [Fact]
    public async Task A_domain_without_keys_has_withdrawn_everything()
    {
        var attestation = TestDomain.Attestation((Prod, Prod.Source(() => """{"keys":[]}"""u8.ToArray())));
        await attestation.RefusesAsync(Prod.Token(), ReasonCodes.EvidenceUnknownKey);
        await attestation.RefusesAsync(Prod.Svid(), ReasonCodes.EvidenceChain);
    }

    private static string Header(string kid) => $$"""{"alg":"ES256","kid":"{{kid}}"}""";

    private static string With(string claim, JsonNode? value)
    {
        var claims = Prod.Claims();
        claims.Remove(claim);
        if (value is not null) claims[claim] = value;
        return Prod.Token(claims);
    }

    private static string Without(string claim, params (string Name, JsonNode Value)[] others)
    {
        var claims = Prod.Claims();
        claims.Remove(claim);
        foreach (var (name, value) in others) claims[name] = value;
        return Prod.Token(claims);
    }
}
