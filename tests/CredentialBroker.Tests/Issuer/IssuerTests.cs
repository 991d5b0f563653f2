using System.Security.Cryptography;
using System.Text.Json;

namespace CredentialBroker.Issuer;

public sealed class IssuerTests
{
    [Fact]
    public void A_key_comes_back_from_its_wrapping_under_its_own_name_only()
    {
        using var key = SigningKey.Generate();
        var kek = RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes);
        var wrapped = KeyWrap.Wrap(kek, key.Kid, key.ExportPkcs8());
        using var back = SigningKey.Import(KeyWrap.Unwrap(kek, key.Kid, wrapped), key.Kid);
        Assert.Equal(key.Public, back.Public);
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(kek, "another", wrapped));
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(RandomNumberGenerator.GetBytes(32), key.Kid, wrapped));
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(kek, key.Kid, wrapped.AsSpan(0, 20)));
        wrapped[^1] ^= 1;
        Assert.ThrowsAny<CryptographicException>(() => KeyWrap.Unwrap(kek, key.Kid, wrapped));
        Assert.Throws<CryptographicException>(() => SigningKey.Import(key.ExportPkcs8(), "another"));
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<CryptographicException>(() => SigningKey.Import(other.ExportPkcs8PrivateKey(), "another"));
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
        using var key = SigningKey.Generate();
        using var verifier = ECDsa.Create();
        verifier.ImportPkcs8PrivateKey(key.ExportPkcs8(), out _);
        var signatures = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => (Input: BitConverter.GetBytes(i), Signature: key.Sign(BitConverter.GetBytes(i))))));
        Assert.All(signatures, one => Assert.True(verifier.VerifyData(one.Input, one.Signature, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public void An_issuer_publishes_its_keys_and_signs_with_a_published_one()
    {
        using var now = SigningKey.Generate();
        using var next = SigningKey.Generate();
        var url = IssuerDocuments.IssuerUrl(new Uri("https://broker.example/"), IssuerDocuments.PathOf(KeyPurpose.Workload));
        var ring = new KeyRing(KeyPurpose.Workload, url);
        Assert.Throws<InvalidOperationException>(() => ring.Signer);
        Assert.Throws<ArgumentException>(() => ring.Replace(now, [next.Public]));
        ring.Replace(now, [now.Public, next.Public]);
        using var jwks = JsonDocument.Parse(ring.Jwks);
        Assert.Equal([now.Kid, next.Kid], jwks.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()));
        Assert.DoesNotContain("\"d\"", jwks.RootElement.GetRawText(), StringComparison.Ordinal);
        using var discovery = JsonDocument.Parse(ring.Discovery);
        Assert.Equal("https://broker.example/issuer/workload", discovery.RootElement.GetProperty("issuer").GetString());
        Assert.Equal($"{url}/.well-known/jwks.json", discovery.RootElement.GetProperty("jwks_uri").GetString());
        var header = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(TokenWriter.Write(ring, Claims).Split('.')[0])).RootElement;
        Assert.Equal($$"""{"alg":"ES256","kid":"{{now.Kid}}","typ":"JWT"}""", header.GetRawText());
    }
}
