using System.Text.Encodings.Web;
using System.Text.Json;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>The one way to write a bundle, so that its bytes can be signed and any other bytes are found.</summary>
public static class BundleText
{
    private static readonly ProtocolJson Short = new(new JsonSerializerOptions(ProtocolJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The bundle's bytes: UTF-8 JSON without blanks, ended by a line feed.</summary>
    public static byte[] Write(EvidenceBundle bundle) => [.. JsonSerializer.SerializeToUtf8Bytes(bundle, Short.EvidenceBundle), (byte)'\n'];

    /// <summary>What is signed: the bundle with an empty signature.</summary>
    public static byte[] ToSign(EvidenceBundle bundle)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        return Write(bundle with { Signature = "" });
    }
}
