using System.Security.Cryptography;
using System.Text.Json;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

public sealed class IssuerTests
{
    [Theory]
    [InlineData("workload")]
    [InlineData("federation")]
    public void A_key_comes_back_from_its_wrapping_under_its_own_name_only(string purpose)
    {
        using var key = SigningKey.Generate(KeyPurpose.Find(purpose)!);
        var kek = RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes);
        var wrapped = KeyWrap.Wrap(kek, key.Kid, key.ExportPkcs8());
        using var back = SigningKey.Import(KeyWrap.Unwrap(kek, key.Kid, wrapped), key.Kid);
        Assert.Equal(key.Verifying, back.Verifying);
        Assert.Equal(key.Verifying, VerifyingKey.Parse(key.Verifying.ToText()));
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(kek, "another", wrapped));
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(RandomNumberGenerator.GetBytes(32), key.Kid, wrapped));
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(kek, key.Kid, wrapped.AsSpan(0, 20)));
        wrapped[^1] ^= 1;
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(kek, key.Kid, wrapped));
        Assert.Throws<CryptographicException>(() => SigningKey.Import(key.ExportPkcs8(), "another"));
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<CryptographicException>(() => SigningKey.Import(other.ExportPkcs8PrivateKey(), "another"));
        using var shorter = RSA.Create(1024);
        Assert.Throws<CryptographicException>(() => SigningKey.Import(shorter.ExportPkcs8PrivateKey(), "another"));
    }

    private static void Claims(Utf8JsonWriter json)
    {
        json.WriteString("iss", "https://broker.example/issuer/workload");
        json.WriteString("sub", "k8s://prod/shop/checkout");
        json.WriteString("aud", "orders-api");
    }

    [Fact]
    public async Task Many_threads_sign_with_one_key()
    {
        using var key = P256SigningKey.Generate();
        using var verifier = ECDsa.Create();
        verifier.ImportPkcs8PrivateKey(key.ExportPkcs8(), out _);
        var signatures = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => (Input: BitConverter.GetBytes(i), Signature: key.Sign(BitConverter.GetBytes(i))))));
        Assert.All(signatures, one => Assert.True(verifier.VerifyData(one.Input, one.Signature, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public void An_issuer_publishes_its_keys_and_signs_with_a_published_one()
    {
        using var now = P256SigningKey.Generate();
        using var next = P256SigningKey.Generate();
        var url = IssuerDocuments.IssuerUrl(new Uri("https://broker.example/"), IssuerDocuments.PathOf(KeyPurpose.Workload));
        var ring = new KeyRing(KeyPurpose.Workload, url);
        Assert.Throws<InvalidOperationException>(() => ring.Signer);
        Assert.Throws<ArgumentException>(() => ring.Replace(now, [next.Verifying]));
        ring.Replace(now, [now.Verifying, next.Verifying]);
        using var jwks = JsonDocument.Parse(ring.Jwks);
        Assert.Equal([now.Kid, next.Kid], jwks.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()));
        Assert.DoesNotContain("\"d\"", jwks.RootElement.GetRawText(), StringComparison.Ordinal);
        using var discovery = JsonDocument.Parse(ring.Discovery);
        Assert.Equal("https://broker.example/issuer/workload", discovery.RootElement.GetProperty("issuer").GetString());
        Assert.Equal($"{url}/.well-known/jwks.json", discovery.RootElement.GetProperty("jwks_uri").GetString());
        var header = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(TokenWriter.Write(ring, Claims).Split('.')[0])).RootElement;
        Assert.Equal($$"""{"alg":"ES256","kid":"{{now.Kid}}","typ":"JWT"}""", header.GetRawText());
    }

    [Fact]
    public void The_federation_issuer_signs_with_RS256_and_says_so_and_what_another_algorithm_signed_before_stays_published()
    {
        using var former = P256SigningKey.Generate();
        using var key = SigningKey.Generate(KeyPurpose.Federation);
        var rings = new KeyRings("https://broker.example", ReservedAudiences.BuiltIn);
        rings.Federation.Replace(key, [former.Verifying, key.Verifying]);
        var token = FederationToken.Write(rings.Federation, TimeProvider.System, "credential-broker", "sts.amazonaws.com");
        using var header = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[0]));
        Assert.Equal("RS256", header.RootElement.GetProperty("alg").GetString());
        var published = PublishedKeys.Find(rings.Federation.Jwks, key.Kid)!.Value;
        Assert.True(PublishedKeys.Signed(published, token));
        Assert.False(PublishedKeys.Signed(PublishedKeys.Find(rings.Federation.Jwks, former.Kid)!.Value, token));
        Assert.Equal(2048 / 8, System.Buffers.Text.Base64Url.DecodeFromChars(published.GetProperty("n").GetString()).Length);
        using var discovery = JsonDocument.Parse(rings.Federation.Discovery);
        Assert.Equal(["ES256", "RS256"], discovery.RootElement.GetProperty("id_token_signing_alg_values_supported").EnumerateArray().Select(one => one.GetString()!));
    }
}
