using System.Security.Cryptography;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// A public key that checkpoints are verified with, in the text form of C2SP signed-note: <c>name+id+base64</c>, where
/// the bytes are 0x02 (ECDSA) and the P-256 key as SubjectPublicKeyInfo, and the id is the first four bytes of the
/// SHA-256 of that SubjectPublicKeyInfo.
/// </summary>
public sealed class VerificationKey
{
    private const byte Ecdsa = 0x02;

    /// <summary>Makes it from the key itself.</summary>
    /// <param name="name">Name of the log, without blanks and plus signs.</param>
    /// <param name="publicKey">SubjectPublicKeyInfo, DER.</param>
    public VerificationKey(string name, byte[] publicKey)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(publicKey);
        if (!IsName(name)) throw new ArgumentException($"'{name}' is no name of a log", nameof(name));
        (Name, PublicKey, Id) = (name, publicKey, SHA256.HashData(publicKey).AsMemory(0, 4));
    }

    /// <summary>Name of the log, which its checkpoints bear too.</summary>
    public string Name { get; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Four bytes that tell keys of one name apart.</summary>
    public ReadOnlyMemory<byte> Id { get; }

    /// <summary>Reads every key of a text, one to a line; empty lines and lines that begin with # are passed over.</summary>
    /// <exception cref="InvalidDataException">A line is no key, or there is none.</exception>
    public static IReadOnlyList<VerificationKey> ParseAll(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var keys = new List<VerificationKey>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')) keys.Add(Parse(line));
        return keys.Count > 0 ? keys : throw new InvalidDataException("holds no verification key");
    }

    /// <summary>Reads one key.</summary>
    /// <exception cref="InvalidDataException">The text is no ECDSA P-256 key in this form.</exception>
    public static VerificationKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Base64 may hold plus signs of its own.
        if (text.Split('+', 3) is not [var name, var id, var rest] || !IsName(name)) throw new InvalidDataException("a verification key is name+id+base64");
        var bytes = StrictBase64.Decode(rest);
        if (bytes is not [Ecdsa, .. var publicKey]) throw new InvalidDataException("the verification key is none of ECDSA (0x02)");
        var key = new VerificationKey(name, publicKey);
        if (Convert.ToHexStringLower(key.Id.Span) != id) throw new InvalidDataException("the verification key's id is not that of its bytes");
        using var opened = key.Open();
        return key;
    }

    /// <summary>Whether the key made this signature (DER) over the text.</summary>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        using var key = Open();
        return key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>The text form.</summary>
    public override string ToString() => $"{Name}+{Convert.ToHexStringLower(Id.Span)}+{Convert.ToBase64String([Ecdsa, .. PublicKey.Span])}";

    /// <summary>Whether a log may be called so: no blank and no plus sign, since both end the name in these texts.</summary>
    public static bool IsName(string name) => !string.IsNullOrEmpty(name) && !name.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c));

    private ECDsa Open()
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(PublicKey.Span, out var read);
            if (read != PublicKey.Length || key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                throw new InvalidDataException("the verification key is not on the curve P-256");
            }

            return key;
        }
        catch (CryptographicException fault)
        {
            key.Dispose();
            throw new InvalidDataException("the verification key is no public key", fault);
        }
        catch (InvalidDataException)
        {
            key.Dispose();
            throw;
        }
    }
}
