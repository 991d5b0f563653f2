using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R27: what a published key must be before a signature is checked with it.</summary>
public sealed class KeySetTests
{
    private static readonly TestKey Ec = TestKey.Make("k", "ES256");
    private static readonly TestKey Rsa = TestKey.Make("k", "RS256");
    private static readonly TestKey Small = TestKey.Make("k", "RS256", 1024);

    private static readonly Dictionary<string, Func<JsonObject>> PassedOver = new()
    {
        ["shared secret"] = () => new JsonObject { ["kty"] = "oct", ["kid"] = "k", ["k"] = "c2VjcmV0" },
        ["shared secret without its value"] = () => new JsonObject { ["kty"] = "oct", ["kid"] = "k" },
        ["EC key with its private part"] = () => Changed(Ec, "d", "AAAA"),
        ["RSA key with its private part"] = () => Changed(Rsa, "d", "AAAA"),
        ["RSA key with a prime"] = () => Changed(Rsa, "p", "AAAA"),
        ["RSA key of 1024 bits"] = () => Small.Jwk(),
        ["RSA key padded to look longer"] = () => Changed(Small, "n", Base64Url.EncodeToString([.. new byte[200], .. Base64Url.DecodeFromChars((string)Small.Jwk()["n"]!)])),
        ["RSA key with exponent 1"] = () => Changed(Rsa, "e", "AQ"),
        ["RSA key with exponent 3"] = () => Changed(Rsa, "e", "Aw"),
        ["RSA key with an even exponent"] = () => Changed(Rsa, "e", "AQAA"),
        ["RSA key without modulus"] = () => Changed(Rsa, "n", null),
        ["EC key not on its curve"] = () => Changed(Ec, "y", Base64Url.EncodeToString(new byte[32])),
        ["EC key with a short coordinate"] = () => Changed(Ec, "x", "AAAA"),
        ["EC key on P-521"] = () => Changed(Ec, "crv", "P-521"),
        ["EC key on secp256k1"] = () => Changed(Ec, "crv", "secp256k1"),
        ["key for encryption"] = () => Changed(Ec, "use", "enc"),
        ["key for use in another case"] = () => Changed(Ec, "use", "SIG"),
        ["key whose use is a number"] = () => Changed(Ec, "use", 1),
        ["kind nobody knows"] = () => Changed(Ec, "kty", "OKP"),
    };

    public static TheoryData<string> Names => [.. PassedOver.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task R27_is_passed_over_and_the_other_keys_stay(string name)
    {
        var set = KeySet.Parse(Document(PassedOver[name](), TestKey.Make("good", "ES256").Jwk()));
        Assert.Equal("good", Assert.Single(set.Keys).Id);
        Assert.Single(set.PassedOver);

        var issuer = new TestIssuer("https://issuer.example", "credbroker", new FakeClock(), Ec);
        await AttestationBench.Of("oidc", issuer, AttestationBench.Keys(Document(PassedOver[name]()), issuer.Clock))
            .RefusesAsync(issuer.Sign(issuer.Claims("build")), ReasonCodes.EvidenceUnknownKey);
    }

    [Theory]
    [InlineData("ES384")]
    [InlineData("HS256")]
    [InlineData("none")]
    public async Task R27_a_key_verifies_only_the_algorithm_it_is_published_for(string algorithm)
    {
        var issuer = new TestIssuer("https://issuer.example", "credbroker", new FakeClock(), Ec);
        await AttestationBench.Of("oidc", issuer, AttestationBench.Keys(Document(Changed(Ec, "alg", algorithm)), issuer.Clock))
            .RefusesAsync(issuer.Sign(issuer.Claims("build")), ReasonCodes.EvidenceAlgorithm);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"EC","kid":"k"},{"kty":"RSA","kid":"k"}]}""")]
    [InlineData("""{"keys":[{"kty":"oct","kid":"k","k":"AA"},{"kty":"RSA","k\u0069d":"k"}]}""")]
    public async Task R27_a_document_that_is_no_key_set_is_not_used(string document)
    {
        var bytes = Encoding.UTF8.GetBytes(document);
        Assert.Throws<FormatException>(() => KeySet.Parse(bytes));
        var issuer = new TestIssuer(new FakeClock());
        await AttestationBench.Of("oidc", issuer, AttestationBench.Keys(bytes, issuer.Clock))
            .RefusesAsync(issuer.Sign(issuer.Claims("build")), ReasonCodes.EvidenceKeysUnavailable);
    }

    private static JsonObject Changed(TestKey key, string member, JsonNode? value)
    {
        var jwk = key.Jwk();
        jwk[member] = value;
        return jwk;
    }

    private static byte[] Document(params JsonObject[] keys) =>
        Encoding.UTF8.GetBytes(new JsonObject { ["keys"] = new JsonArray([.. keys]) }.ToJsonString());
}
