using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14, R27: what is wrong with a token whatever its kind, each refused with its own code.</summary>
public sealed class HostileTokenTests
{
    private static readonly TestKey Es = TestKey.Make("es", "ES256");
    private static readonly TestKey Rs = TestKey.Make("rs", "RS256");
    private static readonly TestKey P384 = TestKey.Make("p384", "ES384");
    private static readonly TestKey Stranger = TestKey.Make("es", "ES256");

    private readonly TestIssuer _issuer = new("https://issuer.example", "credbroker", new FakeClock(), Es, Rs, P384);

    private static readonly Dictionary<string, (string Code, Func<TestIssuer, string?> Forge)> Cases = new()
    {
        ["nothing"] = (ReasonCodes.EvidenceMissing, _ => null),
        ["empty"] = (ReasonCodes.EvidenceMissing, _ => ""),
        ["one part"] = (ReasonCodes.EvidenceMalformed, _ => "abc"),
        ["two parts"] = (ReasonCodes.EvidenceMalformed, i => Good(i)[..Good(i).LastIndexOf('.')]),
        ["JWE of five parts"] = (ReasonCodes.EvidenceMalformed, i => Good(i) + ".AAAA.AAAA"),
        ["16 KiB and one character"] = (ReasonCodes.EvidenceMalformed, i => Good(i).PadRight(16 * 1024 + 1, 'A')),
        ["padding in base64"] = (ReasonCodes.EvidenceMalformed, i => Good(i) + "=="),
        ["standard base64 alphabet"] = (ReasonCodes.EvidenceMalformed, i => "+/" + Good(i)),
        ["line break in base64"] = (ReasonCodes.EvidenceMalformed, i => Good(i).Insert(4, "\n")),
        ["stray bits in the last character"] = (ReasonCodes.EvidenceMalformed, StrayBits),
        ["header is an array"] = (ReasonCodes.EvidenceMalformed, i => i.Sign("[]", Claims(i))),
        ["payload is text"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), "\"x\"")),
        ["trailing data after the header"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header() + "{}", Claims(i))),
        ["trailing data after the payload"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), Claims(i) + " 1")),
        ["comment in the payload"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), "/**/" + Claims(i))),
        ["byte order mark"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), "\uFEFF" + Claims(i))),
        ["invalid UTF-8 in the payload"] = (ReasonCodes.EvidenceMalformed, i => SignBytes(i, "{\"a\":\"\u0001\"}", 0xC3)),
        ["invalid UTF-8 in a valid-looking claim"] = (ReasonCodes.EvidenceMalformed, i => SignBytes(i, Claims(i)[..^1] + ",\"x\":\"\u0001\"}", 0xFF)),
        ["half a surrogate pair"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), Claims(i)[..^1] + """,  "x":"\ud800"}""")),
        ["duplicate member in the header"] = (ReasonCodes.EvidenceMalformed, i => i.Sign("""{"alg":"none","alg":"ES256","kid":"es"}""", Claims(i))),
        ["duplicate member in the header by escape"] = (ReasonCodes.EvidenceMalformed, i => i.Sign("""{"alg":"ES256","kid":"es","\u0061lg":"none"}""", Claims(i))),
        ["duplicate member in the payload"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), Claims(i)[..^1] + ",\"sub\":\"admin\"}")),
        ["duplicate member in the payload by escape"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), Claims(i)[..^1] + ""","s\u0075b":"admin"}""")),
        ["duplicate member deep in the payload"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), Claims(i)[..^1] + ""","x":[{"y":{"z":1,"z":2}}]}""")),
        ["nested too deep"] = (ReasonCodes.EvidenceMalformed, i => i.Sign(Header(), Claims(i)[..^1] + ",\"x\":" + new string('[', 40) + new string(']', 40) + "}")),

        ["alg none"] = (ReasonCodes.EvidenceAlgorithm, i => Unsigned(i, "none")),
        ["alg None"] = (ReasonCodes.EvidenceAlgorithm, i => Unsigned(i, "None")),
        ["alg NONE"] = (ReasonCodes.EvidenceAlgorithm, i => Unsigned(i, "NONE")),
        ["alg nOnE"] = (ReasonCodes.EvidenceAlgorithm, i => Unsigned(i, "nOnE")),
        ["alg empty"] = (ReasonCodes.EvidenceAlgorithm, i => Unsigned(i, "")),
        ["alg es256"] = (ReasonCodes.EvidenceAlgorithm, i => i.Sign("""{"alg":"es256","kid":"es"}""", Claims(i))),
        ["no alg"] = (ReasonCodes.EvidenceAlgorithm, i => i.Sign("""{"kid":"es"}""", Claims(i))),
        ["alg not in the source's list"] = (ReasonCodes.EvidenceAlgorithm, i => i.Sign("""{"alg":"ES384","kid":"p384"}""", Claims(i), P384)),
        ["HS256 with the RSA key's PEM"] = (ReasonCodes.EvidenceAlgorithm, i => Hmac(i, "rs", Encoding.ASCII.GetBytes(((RSA)Rs.Key).ExportSubjectPublicKeyInfoPem()))),
        ["HS256 with the RSA key's DER"] = (ReasonCodes.EvidenceAlgorithm, i => Hmac(i, "rs", Rs.Key.ExportSubjectPublicKeyInfo())),
        ["HS256 with the EC key's PEM"] = (ReasonCodes.EvidenceAlgorithm, i => Hmac(i, "es", Encoding.ASCII.GetBytes(Es.Key.ExportSubjectPublicKeyInfoPem()))),
        ["HS256 with the EC key's DER"] = (ReasonCodes.EvidenceAlgorithm, i => Hmac(i, "es", Es.Key.ExportSubjectPublicKeyInfo())),
        ["ES256 with a P-384 key"] = (ReasonCodes.EvidenceAlgorithm, i => SignAs(i, "p384", "ES256", data => P384.Sign(data, "ES256"))),
        ["RS256 with an EC key's kid"] = (ReasonCodes.EvidenceAlgorithm, i => SignAs(i, "es", "RS256", data => Rs.Sign(data))),
        ["PS256 with a key published for RS256"] = (ReasonCodes.EvidenceAlgorithm, i => SignAs(i, "rs", "PS256", data => Rs.Sign(data, "PS256"))),

        ["jku"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "jku", "https://evil.example/jwks")),
        ["x5u"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "x5u", "https://evil.example/x5u")),
        ["x5c"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "x5c", new JsonArray("MIIB"))),
        ["jwk"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "jwk", Stranger.Jwk())),
        ["crit"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "crit", new JsonArray("exp"))),
        ["zip"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "zip", "DEF")),
        ["b64"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "b64", false)),
        ["cty"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "cty", "JWT")),
        ["header nobody knows"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "x", "y")),
        ["kid is a number"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "kid", 1)),
        ["kid is empty"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "kid", "")),
        ["kid of a kilobyte"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "kid", new string('k', 1024))),
        ["typ of an approval"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "typ", "admission-approval+jwt")),
        ["typ at+jwt"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "typ", "at+jwt")),
        ["typ empty"] = (ReasonCodes.EvidenceHeader, i => WithHeader(i, "typ", " ")),

        ["unknown kid"] = (ReasonCodes.EvidenceUnknownKey, i => WithHeader(i, "kid", "other")),
        ["kid in another case"] = (ReasonCodes.EvidenceUnknownKey, i => WithHeader(i, "kid", "ES")),
        ["kid that is a path"] = (ReasonCodes.EvidenceUnknownKey, i => WithHeader(i, "kid", "../../dev/null")),

        ["signed by a stranger under a known kid"] = (ReasonCodes.EvidenceSignature, i => i.Sign(Header(), Claims(i), Stranger)),
        ["payload changed after signing"] = (ReasonCodes.EvidenceSignature, i => Swap(i, 1, Claims(i).Replace("\"build\"", "\"admin\"", StringComparison.Ordinal))),
        ["header changed after signing"] = (ReasonCodes.EvidenceSignature, i => Swap(i, 0, """{"typ":"JWT","alg":"ES256","kid":"es"}""")),
        ["signature changed"] = (ReasonCodes.EvidenceSignature, i => SignAs(i, "es", "ES256", data => [.. Es.Sign(data)[..^1], 0])),
        ["signature truncated"] = (ReasonCodes.EvidenceSignature, i => SignAs(i, "es", "ES256", data => Es.Sign(data)[..^1])),
        ["signature empty"] = (ReasonCodes.EvidenceSignature, i => SignAs(i, "es", "ES256", _ => [])),
        ["signature of zeros (CVE-2022-21449)"] = (ReasonCodes.EvidenceSignature, i => SignAs(i, "es", "ES256", _ => new byte[64])),
        ["signature in DER"] = (ReasonCodes.EvidenceSignature, i => SignAs(i, "es", "ES256", data => ((ECDsa)Es.Key).SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))),
        ["PS256 signature under RS256"] = (ReasonCodes.EvidenceSignature, i => SignAs(i, "rs", "RS256", data => Rs.Sign(data, "PS256"))),

        ["issuer is missing"] = (ReasonCodes.EvidenceUntrustedIssuer, i => With(i, "iss", null)),
        ["issuer is an array"] = (ReasonCodes.EvidenceUntrustedIssuer, i => With(i, "iss", new JsonArray("https://issuer.example"))),
        ["issuer with a slash more"] = (ReasonCodes.EvidenceUntrustedIssuer, i => With(i, "iss", "https://issuer.example/")),
        ["issuer in another case"] = (ReasonCodes.EvidenceUntrustedIssuer, i => With(i, "iss", "https://ISSUER.example")),
        ["issuer nobody trusts"] = (ReasonCodes.EvidenceUntrustedIssuer, i => With(i, "iss", "https://evil.example")),
        ["R60: the broker's own issuer"] = (ReasonCodes.EvidenceUntrustedIssuer, i => With(i, "iss", AttestationBench.OwnIssuer)),

        ["audience is missing"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", null)),
        ["audience of another service"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", "vault")),
        ["audience that ours begins"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", "credbroker/prod")),
        ["audience that begins ours"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", "cred")),
        ["audience in another case"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", "CredBroker")),
        ["two audiences"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", new JsonArray("credbroker", "vault"))),
        ["our audience twice"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", new JsonArray("credbroker", "credbroker"))),
        ["no audience in the array"] = (ReasonCodes.EvidenceAudience, i => With(i, "aud", new JsonArray())),
        ["audience is an object"] = (ReasonCodes.EvidenceClaims, i => With(i, "aud", new JsonObject())),

        ["exp is missing"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", null)),
        ["exp is text"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", (i.Clock.Seconds + 600).ToString(CultureInfo.InvariantCulture))),
        ["exp is a fraction"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", i.Clock.Seconds + 600.5)),
        ["exp has an exponent"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", JsonNode.Parse("2e9"))),
        ["exp is beyond 64 bits"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", JsonNode.Parse("99999999999999999999"))),
        ["exp is the largest number"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", long.MaxValue)),
        ["exp is negative"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", -1)),
        ["exp is in milliseconds"] = (ReasonCodes.EvidenceLifetime, i => With(i, "exp", (i.Clock.Seconds + 600) * 1000)),
        ["expired"] = (ReasonCodes.EvidenceLifetime, i => Times(i, iat: -600, exp: -30)),
        ["expires before it was issued"] = (ReasonCodes.EvidenceLifetime, i => Times(i, iat: 20, exp: 10)),
        ["lives a second over the hour"] = (ReasonCodes.EvidenceLifetime, i => Times(i, iat: 0, exp: 3601)),
        ["iat is missing"] = (ReasonCodes.EvidenceLifetime, i => With(i, "iat", null)),
        ["iat is null"] = (ReasonCodes.EvidenceLifetime, i => With(i, "iat", JsonValue.Create((string?)null), keepNull: true)),
        ["issued in the future"] = (ReasonCodes.EvidenceLifetime, i => Times(i, iat: 31, exp: 600)),
        ["not valid yet"] = (ReasonCodes.EvidenceLifetime, i => With(i, "nbf", i.Clock.Seconds + 31)),
        ["nbf is text"] = (ReasonCodes.EvidenceLifetime, i => With(i, "nbf", "0")),

        ["sub is missing"] = (ReasonCodes.EvidenceClaims, i => With(i, "sub", null)),
        ["sub with a space"] = (ReasonCodes.EvidenceClaims, i => With(i, "sub", "a b")),
        ["sub with a quote"] = (ReasonCodes.EvidenceClaims, i => With(i, "sub", "a\"b")),
        ["sub with a line break"] = (ReasonCodes.EvidenceClaims, i => With(i, "sub", "a\nb")),
        ["sub with a NUL"] = (ReasonCodes.EvidenceClaims, i => With(i, "sub", "a\0b")),
        ["sub outside ASCII"] = (ReasonCodes.EvidenceClaims, i => With(i, "sub", "b\u00fcild")),
        ["sub of 256 characters"] = (ReasonCodes.EvidenceClaims, i => With(i, "sub", new string('a', 256))),
        ["jti is a number"] = (ReasonCodes.EvidenceClaims, i => With(i, "jti", 7)),
        ["jti with a line break"] = (ReasonCodes.EvidenceClaims, i => With(i, "jti", "a\nb")),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task R27_is_refused_with_its_own_code(string name)
    {
        var (code, forge) = Cases[name];
        await AttestationBench.Of("oidc", _issuer).RefusesAsync(forge(_issuer), code);
    }

    [Fact]
    public async Task R14_the_untouched_token_proves_the_workload()
    {
        var workload = await AttestationBench.Of("oidc", _issuer).ProvenAsync(Good(_issuer));
        Assert.Equal("oidc://prod-eu/build", workload.Uri);
        Assert.Equal("build", workload.Instance);
        Assert.Equal(2, workload.Strength);
        Assert.Equal((_issuer.Clock.Seconds + 600) * 1000, workload.EvidenceExpiresAt);
    }

    [Theory]
    [InlineData("""{"alg":"RS256","kid":"rs"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":"RS256","typ":"JWT","kid":"rs"}""")]
    public async Task Every_allowed_algorithm_verifies(string header) =>
        _ = await AttestationBench.Of("oidc", _issuer).ProvenAsync(_issuer.Sign(header, Claims(_issuer), Rs));

    [Fact]
    public async Task PS256_verifies()
    {
        var issuer = new TestIssuer("https://issuer.example", "credbroker", new FakeClock(), TestKey.Make("ps", "PS256"));
        _ = await AttestationBench.Of("oidc", issuer).ProvenAsync(issuer.Sign(issuer.Claims("build")));
    }

    [Fact]
    public async Task A_token_without_kid_is_refused_where_two_keys_fit()
    {
        var issuer = new TestIssuer("https://issuer.example", "credbroker", new FakeClock(), TestKey.Make("a", "ES256"), TestKey.Make("b", "ES256"));
        await AttestationBench.Of("oidc", issuer).RefusesAsync(issuer.Sign("""{"alg":"ES256"}""", Claims(issuer)), ReasonCodes.EvidenceUnknownKey);
    }

    [Theory]
    [InlineData(629, true)]
    [InlineData(630, false)]
    public async Task A_token_is_good_until_its_expiry_and_half_a_minute(int later, bool good)
    {
        var attestation = AttestationBench.Of("oidc", _issuer);
        var token = Good(_issuer);
        _issuer.Clock.Advance(TimeSpan.FromSeconds(later));
        Assert.Equal(good, await attestation.AttestAsync(CredentialBroker.Attestation.Evidence.OfBearer(token), CancellationToken.None) is CredentialBroker.Attestation.Attested.As);
    }

    [Fact]
    public async Task The_other_spelling_of_an_ecdsa_signature_is_the_same_evidence()
    {
        var order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        var n = new System.Numerics.BigInteger(order, isUnsigned: true, isBigEndian: true);
        var token = Good(_issuer);
        var signature = Base64Url.DecodeFromChars(token.AsSpan(token.LastIndexOf('.') + 1));
        var s = n - new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        var flipped = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        flipped.CopyTo(signature.AsSpan(64 - flipped.Length));
        var twin = token[..(token.LastIndexOf('.') + 1)] + Base64Url.EncodeToString(signature);

        var attestation = AttestationBench.Of("oidc", _issuer);
        Assert.NotEqual(token, twin);
        Assert.Equal((await attestation.ProvenAsync(token)).EvidenceId, (await attestation.ProvenAsync(twin)).EvidenceId);
    }

    private static string Header() => """{"alg":"ES256","kid":"es"}""";

    private static string Claims(TestIssuer issuer) => issuer.Claims("build").ToJsonString();

    private static string Good(TestIssuer issuer) => issuer.Sign(Header(), Claims(issuer));

    private static string With(TestIssuer issuer, string claim, JsonNode? value, bool keepNull = false)
    {
        var claims = issuer.Claims("build");
        claims[claim] = value;
        if (value is null && !keepNull)
        {
            claims.Remove(claim);
        }

        return issuer.Sign(Header(), claims.ToJsonString());
    }

    private static string Times(TestIssuer issuer, long iat, long exp)
    {
        var claims = issuer.Claims("build");
        claims["iat"] = issuer.Clock.Seconds + iat;
        claims["exp"] = issuer.Clock.Seconds + exp;
        return issuer.Sign(claims);
    }

    private static string WithHeader(TestIssuer issuer, string member, JsonNode value)
    {
        var header = issuer.Header();
        header[member] = value;
        return issuer.Sign(header.ToJsonString(), Claims(issuer));
    }

    private static string SignAs(TestIssuer issuer, string kid, string algorithm, Func<byte[], byte[]> sign) => TestIssuer.Sign(
        Encoding.UTF8.GetBytes($$"""{"alg":"{{algorithm}}","kid":"{{kid}}"}"""), Encoding.UTF8.GetBytes(Claims(issuer)), sign);

    private static string Unsigned(TestIssuer issuer, string algorithm) => SignAs(issuer, "es", algorithm, _ => []);

    private static string Hmac(TestIssuer issuer, string kid, byte[] secret) =>
        SignAs(issuer, kid, "HS256", data => HMACSHA256.HashData(secret, data));

    private static string Swap(TestIssuer issuer, int part, string json)
    {
        var parts = Good(issuer).Split('.');
        parts[part] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
        return string.Join('.', parts);
    }

    private static string SignBytes(TestIssuer issuer, string payload, byte instead)
    {
        var bytes = Encoding.UTF8.GetBytes(payload);
        bytes.AsSpan().Replace((byte)1, instead);
        return TestIssuer.Sign(Encoding.UTF8.GetBytes(issuer.Header().ToJsonString()), bytes, Es.Sign);
    }

    // 64 bytes end in a character of which four bits are unused; setting one spells the same bytes differently.
    private static string StrayBits(TestIssuer issuer)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var token = Good(issuer);
        return token[..^1] + alphabet[alphabet.IndexOf(token[^1], StringComparison.Ordinal) | 1];
    }
}
