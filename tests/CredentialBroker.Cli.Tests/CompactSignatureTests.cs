using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Cli.Commands;

namespace CredentialBroker.Cli;

public sealed class CompactSignatureTests
{
    [Fact]
    public void R40_An_authors_key_signs_the_name_and_the_hash_of_a_template()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parts = CompactSignature.Of(key.ExportPkcs8PrivateKeyPem(), "alice", "orders-read", "00ff").Split('.');
        Assert.Equal(("ES256", "alice", "issuance-template+jwt"), ((string)Json(parts[0])["alg"]!, (string)Json(parts[0])["kid"]!, (string)Json(parts[0])["typ"]!));
        Assert.Equal(("orders-read", "00ff"), ((string)Json(parts[1])["name"]!, (string)Json(parts[1])["sha256"]!));
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
    }

    [Fact]
    public void R40_With_RSA_it_is_PS256()
    {
        using var key = RSA.Create(2048);
        var parts = CompactSignature.Of(key.ExportPkcs8PrivateKeyPem(), "bob", "orders-read", "00ff").Split('.');
        Assert.Equal("PS256", (string)Json(parts[0])["alg"]!);
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pss));
    }

    [Fact]
    public void What_is_no_such_key_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (var pem in new[] { "", "a password", other.ExportPkcs8PrivateKeyPem() }) Assert.Throws<CommandException>(() => CompactSignature.Of(pem, "alice", "orders-read", "00ff"));
    }

    private static JsonNode Json(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!;
}
