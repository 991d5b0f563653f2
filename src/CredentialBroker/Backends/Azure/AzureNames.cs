using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Azure;

/// <summary>
/// Names on their way into URLs and bodies: what may be in one is decided by an alphabet that needs no escaping. A role's
/// scope is judged again after its holes were filled, so that no value adds a segment or climbs out of one.
/// </summary>
internal static partial class AzureNames
{
    public const string RoleScopeForm = "must be a resource group or what is in one, /subscriptions/{id}/resourceGroups/{name}…, of letters, digits and _.()- between single slashes";
    private const int LongestScope = 512;

    public static bool IsGuid(string? text) => Guid.TryParseExact(text, "D", out _);

    public static bool IsAudience(string text) => Audience().IsMatch(text);

    /// <summary>A subscription or management group is no narrow scope.</summary>
    public static bool IsRoleScope(string scope)
    {
        var segments = scope.Split('/');
        return scope.Length <= LongestScope && segments is ["", "subscriptions", var subscription, "resourceGroups", _, ..] && IsGuid(subscription) && segments.Skip(1).All(IsSegment);
    }

    /// <summary>It is one of them, or lies below one.</summary>
    public static bool IsBelow(string scope, IEnumerable<string> allowed) =>
        IsRoleScope(scope) && allowed.Any(one => scope == one || scope.StartsWith($"{one}/", StringComparison.Ordinal));

    public static bool IsSegment(string text) => Segment().IsMatch(text) && text is not ("." or "..");

    public static string SubscriptionOf(string scope) => scope.Split('/')[2];

    /// <summary>What everything made for a lease is called.</summary>
    public static string Of(string brokerId, string lease) => $"cb-{brokerId}-{lease}";

    /// <summary>The lease in such a name, or null where it is not this broker's.</summary>
    public static string? LeaseIn(string? name, string brokerId) =>
        name is not null && name.StartsWith($"cb-{brokerId}-", StringComparison.Ordinal) && name[$"cb-{brokerId}-".Length..].Split(' ')[0] is var lease && Protocol.Ids.IsWellFormed(lease) ? lease : null;

    /// <summary>The one GUID of a lease, so that a role assignment is known before it is made.</summary>
    public static Guid AssignmentOf(string brokerId, string lease)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(Of(brokerId, lease))).AsSpan(0, 16);
        // RFC 9562 section 5.8: a UUID of its maker's own kind.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.()-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Segment();

    [GeneratedRegex(@"^(https://|api://)?[A-Za-z0-9.-]{1,128}(/[A-Za-z0-9._-]{1,64}){0,4}/{1,2}\.default\z", RegexOptions.CultureInvariant)]
    private static partial Regex Audience();
}
