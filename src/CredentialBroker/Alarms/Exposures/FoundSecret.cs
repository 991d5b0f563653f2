using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CredentialBroker.Backends;
using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Alarms;

/// <summary>
/// A text that somebody found where no secret may be, for as long as it takes to tell which leases it is of. It is in no record, and
/// prints as a placeholder.
/// </summary>
internal sealed partial class FoundSecret
{
    /// <summary>Tokens and names looked for in one text.</summary>
    private const int Most = 64;

    private readonly string _text;

    private FoundSecret(string text, bool isRead) => (_text, IsRead) = (text, isRead);

    /// <summary>False for what has another form, or is too large.</summary>
    public bool IsRead { get; }

    /// <summary>Null when nothing was sent.</summary>
    public static FoundSecret? Of(JsonElement? sent, int longest) => sent switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => Of(text.GetString()!, longest),
        { ValueKind: JsonValueKind.Object } credential => Of(credential.GetRawText(), longest),
        _ => new FoundSecret("", isRead: false),
    };

    public static FoundSecret Of(string text, int longest) => text.Length > 0 && text.Length <= longest ? new FoundSecret(text.Trim(), isRead: true) : new FoundSecret("", isRead: false);

    /// <summary>Keyed fingerprints that a lease of it would have: of the text, of the credential that it is as an object, of each signed token in it.</summary>
    public IReadOnlyList<string> Prints(Fingerprints fingerprints) =>
    [
        fingerprints.Of(Encoding.UTF8.GetBytes(_text)),
        .. Credential() is { } credential ? [fingerprints.Of(credential.Fingerprinted.Span)] : Array.Empty<string>(),
        .. Tokens().Matches(_text).Take(Most).Select(token => fingerprints.Of(Encoding.ASCII.GetBytes(token.Value[..token.Value.LastIndexOf('.')]))),
    ];

    /// <summary>Leases that the names in it are of: whatever this broker makes at a target carries the lease in its name.</summary>
    public IReadOnlyList<string> Leases(BrokerIdentity broker) =>
        [.. Names().Matches(_text).Take(Most).Where(name => name.Groups[1].Value == broker.Id).Select(name => name.Groups[2].Value).Where(Protocol.Ids.IsWellFormed).Distinct()];

    public override string ToString() => "[secret]";

    /// <summary>Written as the broker writes a credential, so that blanks between its members do not count.</summary>
    private Secret? Credential()
    {
        if (!_text.StartsWith('{')) return null;
        try
        {
            using var json = JsonDocument.Parse(_text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 4 });
            var members = json.RootElement.EnumerateObject().ToList();
            return members.TrueForAll(member => member.Value.ValueKind == JsonValueKind.String) ? new Secret([.. members.Select(member => (member.Name, member.Value.GetString()!))]) : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Some other text with a brace.
            return null;
        }
    }

    [GeneratedRegex(@"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", RegexOptions.NonBacktracking)]
    private static partial Regex Tokens();

    [GeneratedRegex("cb-([a-z0-9]{6})-([a-z0-9]{26})", RegexOptions.NonBacktracking)]
    private static partial Regex Names();
}
