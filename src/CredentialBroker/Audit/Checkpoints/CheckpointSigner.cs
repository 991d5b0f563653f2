using System.Buffers.Text;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit.Checkpoints;

/// <summary>A key pair of the broker as far as evidence needs it.</summary>
/// <param name="X">Public coordinate, base64url.</param>
/// <param name="Y">Public coordinate, base64url.</param>
/// <param name="Sign">ECDSA P-256 with SHA-256 over what it is given; R and S of 32 bytes each.</param>
internal sealed record EvidenceKey(string X, string Y, Func<byte[], byte[]> Sign);

/// <summary>Where the keys come from: the one that signs now, and all whose signatures still count. The room of keys brings them.</summary>
internal sealed record EvidenceKeys(Func<EvidenceKey> Signer, Func<IReadOnlyList<(string X, string Y)>> Published);

/// <summary>Signs evidence under the log's name, and says with which keys it is verified.</summary>
internal sealed class CheckpointSigner(EvidenceKeys keys, string origin)
{
    public string Origin => origin;

    /// <summary>The verification key of the key that signs now.</summary>
    public VerificationKey Current => Verification(keys.Signer());

    /// <summary>All verification keys, the signing one among them.</summary>
    public IReadOnlyList<VerificationKey> All => [.. keys.Published().Select(key => Verification(key.X, key.Y))];

    /// <summary>A signed checkpoint.</summary>
    public string Note(long size, ReadOnlySpan<byte> root)
    {
        var key = keys.Signer();
        var text = Checkpoint.TextOf(origin, size, root);
        return Checkpoint.NoteOf(text, Verification(key), Der(key.Sign(Encoding.UTF8.GetBytes(text))));
    }

    /// <summary>A bundle that names its key and bears its signature.</summary>
    public EvidenceBundle Signed(EvidenceBundle bundle)
    {
        var key = keys.Signer();
        var named = bundle with { Key = BundleVerifier.NameOf(Verification(key)) };
        return named with { Signature = Convert.ToBase64String(Der(key.Sign(BundleText.ToSign(named)))) };
    }

    private VerificationKey Verification(EvidenceKey key) => Verification(key.X, key.Y);

    private VerificationKey Verification(string x, string y)
    {
        using var pair = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) },
        });
        return new VerificationKey(origin, pair.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Notes carry the ASN.1 form (RFC 3279 section 2.2.3), tokens the plain one.</summary>
    private static byte[] Der(ReadOnlySpan<byte> plain)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(plain[..32], isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(plain[32..], isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }
}
