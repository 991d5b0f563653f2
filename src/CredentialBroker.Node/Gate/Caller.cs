using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CredentialBroker.Node.Configuration;

namespace CredentialBroker.Node.Gate;

/// <summary>Who asks the engine, as the engine proved it by the certificate of the connection.</summary>
/// <param name="Name">The common name; <c>anonymous</c> for whoever came over the engine's own socket.</param>
/// <param name="Uri">The certificate's first URI name.</param>
/// <param name="Serial">The certificate's serial number.</param>
/// <param name="Class">Name of its class; null where it is of none.</param>
internal sealed record Caller(string Name, string? Uri, string? Serial, string? Class, CallerOptions? May)
{
    public const string Anonymous = "anonymous";

    public bool IsAnonymous => Name == Anonymous;

    public bool MayDo(Act act) => May?.Acts.Contains(act) == true;

    public static Caller Of(Call call, IReadOnlyDictionary<string, CallerOptions> classes)
    {
        if (string.IsNullOrEmpty(call.User))
        {
            var anonymous = classes.FirstOrDefault(one => one.Value.Anonymous);
            return new Caller(Anonymous, null, null, anonymous.Key, anonymous.Value);
        }

        var (uri, serial) = Certificate(call);
        // An identity of another method than a certificate is not what the classes were written for.
        var found = call.Method == "TLS" ? classes.FirstOrDefault(one => !one.Value.Anonymous && (one.Value.Names.Contains(call.User, StringComparer.Ordinal) || (uri is not null && one.Value.Uris.Contains(uri, StringComparer.Ordinal)))) : default;
        return new Caller(Plain(call.User), uri, serial, found.Key, found.Value);
    }

    private static (string? Uri, string? Serial) Certificate(Call call)
    {
        if (call.Certificates is not [var first, ..]) return (null, null);
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(first));
            return (certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(Uris).FirstOrDefault(), certificate.SerialNumber);
        }
        catch (Exception fault) when (fault is CryptographicException or AsnContentException)
        {
            throw new RefusedException(Refusals.Call, "the engine showed a certificate that cannot be read");
        }
    }

    private static IEnumerable<string> Uris(X509SubjectAlternativeNameExtension names)
    {
        var sequence = new AsnReader(names.RawData, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var tag = sequence.PeekTag();
            if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 6 }) yield return Plain(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            else sequence.ReadEncodedValue();
        }
    }

    /// <summary>A name as it may stand in a log; a certificate's holder chose it.</summary>
    private static string Plain(string name)
    {
        var plain = string.Concat(name.Select(c => c is >= ' ' and <= '~' ? c : '?'));
        // No certificate makes its holder the one whose name means that there was none.
        return plain == Anonymous ? "anonymous?" : plain[..Math.Min(plain.Length, 200)];
    }
}
