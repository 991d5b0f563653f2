using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialBroker.Cli.Commands;

/// <summary>What a template's author signs: a compact JWS (RFC 7515) over the template's name and the hash of its text.</summary>
internal static class CompactSignature
{
    /// <param name="pem">The private key: ES256 is signed with one on P-256, PS256 with RSA.</param>
    public static string Of(string pem, string keyId, string name, string sha256)
    {
        using AsymmetricAlgorithm key = Import(pem);
        var header = new JsonObject { ["alg"] = key is ECDsa ? "ES256" : "PS256", ["kid"] = keyId, ["typ"] = "issuance-template+jwt" };
        var signed = $"{Part(header)}.{Part(new JsonObject { ["name"] = name, ["sha256"] = sha256 })}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = key switch
        {
            ECDsa curve => curve.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            RSA rsa => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            _ => throw CommandException.Usage("the key is neither P-256 nor RSA"),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static AsymmetricAlgorithm Import(string pem)
    {
        var curve = ECDsa.Create();
        try
        {
            curve.ImportFromPem(pem);
            return curve.KeySize == 256 ? curve : throw CommandException.Usage("the key is on another curve than P-256");
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            curve.Dispose();
        }

        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return rsa;
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            rsa.Dispose();
            throw CommandException.Usage("the file holds no private key in PEM: P-256 or RSA");
        }
    }
}
