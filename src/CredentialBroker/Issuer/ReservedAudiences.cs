namespace CredentialBroker.Issuer;

/// <summary>
/// Audiences at which clouds and secret stores exchange a token for a login of their own. Only the federation issuer
/// signs for them: a workload's token must never pass for the broker's own.
/// </summary>
/// <param name="declared">Further ones; one that ends in <c>/*</c> covers everything below.</param>
internal sealed class ReservedAudiences(IEnumerable<string> declared)
{
    private static readonly string[] Known =
    [
        "sts.amazonaws.com", "sts.amazonaws.com.cn", "vault", "//iam.googleapis.com/*",
        "api://AzureADTokenExchange", "api://AzureADTokenExchangeUSGov", "api://AzureADTokenExchangeChina",
    ];

    private static readonly string[] Schemes = ["https://", "http://", "//"];

    private readonly List<string> _reserved = [.. Known.Concat(declared).Select(Normalized)];

    public static ReservedAudiences BuiltIn { get; } = new([]);

    /// <summary>Also true for other spellings: whether a verifier folds case or takes an audience without its scheme is not ours to bet on.</summary>
    public bool Include(string audience)
    {
        var asked = Normalized(audience);
        return _reserved.Exists(one => one.EndsWith("/*", StringComparison.Ordinal) ? asked.StartsWith(one[..^1], StringComparison.Ordinal) : asked == one);
    }

    public static bool IsWellFormed(string audience) =>
        audience.Length is > 0 and <= 256 && !audience.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) && Normalized(audience) is { Length: > 0 } and not "*" and not "/*";

    private static string Normalized(string audience)
    {
        var text = audience.Trim().ToLowerInvariant();
        var scheme = Schemes.FirstOrDefault(scheme => text.StartsWith(scheme, StringComparison.Ordinal));
        return text[(scheme?.Length ?? 0)..].TrimEnd('/');
    }
}
