using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CredentialBroker.Attestation;

/// <summary>
/// A call of <c>GetCallerIdentity</c> signed in its query (AWS Signature Version 4), taken apart. What comes is never
/// forwarded: the call is made anew from parts that each have the one form they may have (CVE-2020-16250 is what
/// happens otherwise). Nothing of it is proven before STS has answered.
/// </summary>
/// <param name="Region">Region that it was signed for; chooses the host.</param>
/// <param name="SignedAt">When it was signed, by the signer's clock.</param>
/// <param name="Query">Query of the call to make, without the question mark.</param>
internal sealed partial record SignedCall(string Region, DateTimeOffset SignedAt, string Query)
{
    internal const int MaxLength = 4 * 1024;

    /// <summary>Header that carries the audience; signed by the workload, set by the broker.</summary>
    internal const string AudienceHeader = "x-credbroker-audience";

    private const string Prefix = "aws-call-v1.";
    private const string SignedHeaders = "host;" + AudienceHeader;

    // All of them, once each, and nothing else. The expiry is stated but STS does not go by it.
    private static readonly (string Name, Regex Form)[] Parameters =
    [
        ("Action", Exactly("GetCallerIdentity")),
        ("Version", Exactly("2011-06-15")),
        ("X-Amz-Algorithm", Exactly("AWS4-HMAC-SHA256")),
        ("X-Amz-Credential", Credential()),
        ("X-Amz-Date", Date()),
        ("X-Amz-Expires", Expires()),
        ("X-Amz-Security-Token", SecurityToken()),
        ("X-Amz-Signature", Signature()),
        ("X-Amz-SignedHeaders", Exactly(SignedHeaders)),
    ];

    /// <summary>Whether a bearer claims to be one; no other bearer begins so.</summary>
    internal static bool IsOne(string bearer) => bearer.StartsWith(Prefix, StringComparison.Ordinal);

    internal static SignedCall? Read(string bearer, out string fault)
    {
        fault = "";
        if (bearer.Length > MaxLength || !StrictBase64Url.TryDecode(bearer.AsSpan(Prefix.Length), out var octets) || octets.Any(octet => octet is < 0x21 or > 0x7e))
        {
            fault = "The signed call is longer than 4 KiB, or no printable text in canonical base64url.";
            return null;
        }

        if (Encoding.ASCII.GetString(octets).Split("/?") is not [{ } origin, { } query] || Values(query, out fault) is not { } values)
        {
            fault = fault.Length == 0 ? "The signed call is no URL of an origin, the path / and a query." : fault;
            return null;
        }

        var scope = values["X-Amz-Credential"].Split('/');
        var date = values["X-Amz-Date"];
        if (scope[1] != date[..8] || origin != $"https://{StsHosts.Of(scope[2])}")
        {
            fault = "The signed call's date, region and host are not of one kind.";
            return null;
        }

        if (!DateTimeOffset.TryParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            fault = "The signed call's date is none.";
            return null;
        }

        return new SignedCall(scope[2], at, string.Join('&', Parameters.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(values[parameter.Name])}")));
    }

    private static Dictionary<string, string>? Values(string query, out string fault)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in query.Split('&'))
        {
            // Names are compared as they were sent: an encoded one would be a second spelling.
            if (pair.Split('=') is not [{ } name, { } value] || !Parameters.Any(known => known.Name == name) || !values.TryAdd(name, Uri.UnescapeDataString(value)))
            {
                fault = "The signed call has a parameter that it must not have, or has one twice.";
                return null;
            }
        }

        var bad = Parameters.FirstOrDefault(parameter => !values.TryGetValue(parameter.Name, out var value) || !parameter.Form.IsMatch(value)).Name;
        fault = bad is null ? "" : $"The signed call's {bad} is missing or does not have the form it must have.";
        return bad is null ? values : null;
    }

    private static Regex Exactly(string text) => new($@"\A{Regex.Escape(text)}\z");

    // ASIA begins the ids of session keys. A user's own key (AKIA) is a shared secret and no evidence (R14).
    [GeneratedRegex(@"\AASIA[A-Z2-7]{12,28}/[0-9]{8}/[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}/sts/aws4_request\z")]
    private static partial Regex Credential();

    [GeneratedRegex(@"\A[0-9]{8}T[0-9]{6}Z\z")]
    private static partial Regex Date();

    [GeneratedRegex(@"\A[1-9][0-9]{0,2}\z")]
    private static partial Regex Expires();

    [GeneratedRegex(@"\A[A-Za-z0-9+/=]{16,3072}\z")]
    private static partial Regex SecurityToken();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Signature();
}
