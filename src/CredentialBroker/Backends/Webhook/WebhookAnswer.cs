using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Webhook;

/// <summary>Reads what a receiver answered, by the letter of the contract: what it does not name is not read, and what is malformed is refused.</summary>
internal static partial class WebhookAnswer
{
    private const int MostMembers = 32;
    private const int LongestMember = 16 * 1024;

    public static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>What a receiver may want to hear again at the end, such as its own id of what it made. It is stored in clear.</summary>
    public static bool IsReference(string text) => text.Length is > 0 and <= 512 && !text.Any(c => c is <= ' ' or > '~');

    /// <summary>The answer is about this lease; of anything else, a proxy's page among it, nothing is believed.</summary>
    public static bool IsAbout(WireAnswer answer, string lease) => answer.Json is { } json && json.Text("lease") == lease;

    /// <summary>Gone, and the receiver says so of this very lease.</summary>
    public static bool IsGone(WireAnswer answer, string lease) => IsAbout(answer, lease) && answer.Json!.Value.Text("state") == "gone"
        && answer.Status is HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Gone;

    /// <summary>The credential, when it stops by itself, and the receiver's reference; or in a few words what is wrong.</summary>
    public static (Secret? Secret, long DiesBy, string? Reference, string? Wrong) ReadMade(WireAnswer answer, Order order)
    {
        if (!IsAbout(answer, order.LeaseId)) return Wrong("the answer is not about this lease");
        var json = answer.Json!.Value;
        if (json.Object("credential") is not { } credential) return Wrong("the answer has no credential");
        var members = new List<(string Name, string Value)>();
        foreach (var member in credential.EnumerateObject())
        {
            if (members.Count == MostMembers || !IsName(member.Name) || member.Value.ValueKind != JsonValueKind.String || member.Value.GetString() is not { Length: > 0 and <= LongestMember } value)
                return Wrong("the credential is not an object of up to 32 named texts");
            members.Add((member.Name, value));
        }

        if (members.Count == 0) return Wrong("the credential is empty");
        var (diesBy, wrong) = ReadExpiry(json, order);
        if (wrong is not null) return Wrong(wrong);
        var reference = json.Text("reference");
        if (reference is not null && !IsReference(reference)) return Wrong("the reference is not 1 to 512 visible characters");
        // It is kept in clear, and the credential nowhere.
        if (reference is not null && members.Any(member => member.Value.Length >= 8 && (reference.Contains(member.Value, StringComparison.Ordinal) || member.Value == reference))) return Wrong("the reference holds the credential");
        return (new Secret([.. members]), diesBy, reference, null);
    }

    /// <summary>Every credential has an end of its own, and none before its lease's.</summary>
    public static (long DiesBy, string? Wrong) ReadExpiry(JsonElement json, Order order)
    {
        if (!DateTimeOffset.TryParseExact(json.Text("expiresAt"), ["yyyy-MM-ddTHH:mm:ssZ", "yyyy-MM-ddTHH:mm:ss.fffZ"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)) return (0, "the answer does not say when the credential stops");
        return at.ToUnixTimeMilliseconds() < order.EndsAt - 2000 ? (0, "the credential stops before its lease") : (at.ToUnixTimeMilliseconds(), null);
    }

    /// <param name="code">The reason where the receiver itself refused.</param>
    public static BackendException Error(WireAnswer answer, string code, string doing)
    {
        var status = (int)answer.Status;
        var (meaning, up) = status switch
        {
            >= 200 and < 300 => ("the answer does not have the contract's form", true),
            >= 300 and < 400 => ("a redirect; it is not followed", false),
            401 => ("the receiver does not take the broker's signature", false),
            403 => ("the receiver refuses it", true),
            404 or 410 => ("nothing is there", true),
            409 => ("too late, or in conflict with what is there", true),
            408 or 425 or 429 => ("the receiver is busy", false),
            >= 500 => ("an internal fault", false),
            _ => ("refused", true),
        };
        return new BackendException(
            WebhookBackend.Word, up ? code : ReasonCodes.TargetUnavailable, string.Create(CultureInfo.InvariantCulture, $"{doing} failed with status {status}: {meaning}"), transient: !up);
    }

    private static (Secret?, long, string?, string?) Wrong(string what) => (null, 0, null, what);

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_.-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
