using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Gcp;

/// <summary>Names on their way into URLs and bodies: what may be in one is decided by an alphabet that needs no escaping.</summary>
internal static partial class GcpNames
{
    public const string GroupForm = "must be 1 to 63 lower-case letters, digits and -";
    public const string BucketForm = "must be a bucket's name";

    public static bool IsGroup(string text) => Group().IsMatch(text);

    public static bool IsProvider(string text) => Provider().IsMatch(text);

    public static bool IsServiceAccount(string text) => ServiceAccount().IsMatch(text);

    public static bool IsScope(string text) => Scope().IsMatch(text);

    public static bool IsRole(string text) => Role().IsMatch(text);

    public static bool IsBucket(string text) => Bucket().IsMatch(text);

    /// <summary>A name, or the beginning of one and <c>*</c>; <c>*</c> alone would be every bucket there is.</summary>
    public static bool IsBucketPattern(string text) => text.EndsWith('*') ? text.Length > 3 && BucketStart().IsMatch(text[..^1]) : IsBucket(text);

    public static bool IsAllowed(string bucket, IEnumerable<string> patterns) =>
        IsBucket(bucket) && patterns.Any(one => one.EndsWith('*') ? bucket.StartsWith(one[..^1], StringComparison.Ordinal) : bucket == one);

    /// <summary>The beginning of objects' names, in a condition's quotes.</summary>
    public static bool IsPrefix(string text) => Prefix().IsMatch(text) && !text.Split('/').Any(part => part is "." or "..");

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Group();

    [GeneratedRegex(@"^//iam\.googleapis\.com/projects/[0-9]{1,20}/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Provider();

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?@[a-z0-9.-]{1,128}\.gserviceaccount\.com\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceAccount();

    [GeneratedRegex(@"^https://www\.googleapis\.com/auth/[a-z0-9._-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Scope();

    [GeneratedRegex(@"^(roles|(projects|organizations)/[a-z0-9-]{1,64}/roles)/[A-Za-z0-9_.]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Role();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9._-]{1,61}[a-z0-9])\z", RegexOptions.CultureInvariant)]
    private static partial Regex Bucket();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{1,61}\z", RegexOptions.CultureInvariant)]
    private static partial Regex BucketStart();

    [GeneratedRegex(@"^[A-Za-z0-9_./-]{1,256}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Prefix();
}
