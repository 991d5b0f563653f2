using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Hosting;

/// <summary>The names in a certificate: its subject, and URIs, host names and mail addresses of its subject alternative name (RFC 5280 section 4.2.1.6).</summary>
internal sealed record SubjectNames(IReadOnlyList<string> Uris, IReadOnlyList<string> Hosts, IReadOnlyList<string> Mails, string Subject, IReadOnlyList<string> Parts)
{
    private const string AlternativeName = "2.5.29.17";
    /// <summary>commonName and emailAddress (RFC 5280 section 4.1.2.6).</summary>
    private static readonly string[] PartNames = ["2.5.4.3", "1.2.840.113549.1.9.1"];

    private const int Mail = 1, Host = 2, Uri = 6;

    /// <summary>The name that a person or tool is known by: the most specific there is.</summary>
    public string Best => Uris.Concat(Mails).Concat(Hosts).Append(Subject).First();

    /// <summary>All that may say whose certificate it is; common name and e-mail address of the subject among them.</summary>
    public IReadOnlyList<string> Marks => [.. Uris, .. Mails, Subject, .. Parts];

    public IEnumerable<string> Of(string claim) => claim switch
    {
        "uri" => Uris,
        "dns" => Hosts,
        "email" => Mails,
        "subject" => [Subject],
        _ => [],
    };

    /// <summary>Null when the extension is there twice or is not what it must be.</summary>
    public static SubjectNames? Read(X509Certificate2 certificate)
    {
        var names = new Dictionary<int, List<string>> { [Mail] = [], [Host] = [], [Uri] = [] };
        try
        {
            var found = certificate.Extensions.Where(e => e.Oid?.Value == AlternativeName).ToList();
            if (found.Count > 1) return null;
            if (found.Count == 1) Read(found[0].RawData, names);
            return new SubjectNames(names[Uri], names[Host], names[Mail], certificate.SubjectName.Name, [.. PartsOf(certificate.SubjectName)]);
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException)
        {
            return null;
        }
    }

    private static IEnumerable<string> PartsOf(X500DistinguishedName subject) => subject.EnumerateRelativeDistinguishedNames()
        .Where(part => !part.HasMultipleElements && PartNames.Contains(part.GetSingleElementType().Value, StringComparer.Ordinal))
        .Select(part => part.GetSingleElementValue()).OfType<string>();

    private static void Read(byte[] extension, Dictionary<int, List<string>> names)
    {
        var outer = new AsnReader(extension, AsnEncodingRules.DER);
        var sequence = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        while (sequence.HasData)
        {
            var tag = sequence.PeekTag();
            if (tag.TagClass == TagClass.ContextSpecific && names.TryGetValue(tag.TagValue, out var list)) list.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            else sequence.ReadEncodedValue();
        }
    }
}
