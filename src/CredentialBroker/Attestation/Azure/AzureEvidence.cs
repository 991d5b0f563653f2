using System.Text.RegularExpressions;

namespace CredentialBroker.Attestation;

/// <summary>
/// A managed identity's token for an application of one tenant (Microsoft identity platform, access tokens v1.0 and
/// v2.0). The resource it runs on is taken from the token's own claims, never from what a workload says beside it.
/// </summary>
internal sealed partial class AzureEvidence : ITokenKind
{
    public string Name => "azure";

    // Of the machine rather than the workload: anything on it can ask for the token, and it lives for up to a day.
    public int Strength => 1;

    /// <summary>A day, and the minutes that the issuer backdates.</summary>
    public TimeSpan LongestLife => TimeSpan.FromHours(25);

    public IReadOnlyList<string> UsualAlgorithms => ["RS256"];

    public TokenRules Fit(TokenRules usual) => usual with { AllowsThumbprint = true };

    public string? UsualKeys(string issuer) => TenantOf(issuer) is { } tenant ? $"https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys" : null;

    public IEnumerable<(string Key, string Mistake)> Mistakes(WorkloadSourceOptions options)
    {
        if (options.Issuer is { } issuer && TenantOf(issuer) is null)
        {
            yield return ("Issuer", "must be https://sts.windows.net/TENANT/ or https://login.microsoftonline.com/TENANT/v2.0, with the tenant's id in lower case.");
        }

        // A token for Azure's own services can be had by anybody who may call them, and shown here by whoever received it.
        if (options.Audience.Contains("azure.com", StringComparison.OrdinalIgnoreCase) || options.Audience.Contains("microsoft.com", StringComparison.OrdinalIgnoreCase)
            || options.Audience.Contains("windows.net", StringComparison.OrdinalIgnoreCase))
        {
            yield return ("Audience", "must be an application of your own, not a service of Azure.");
        }
    }

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        var issuer = sheet.Require("issuer", text => TenantOf(text) is not null, "iss");
        var second = issuer.EndsWith("/v2.0", StringComparison.Ordinal);
        var tenant = sheet.Require("tenant", IsId, "tid");
        var identity = sheet.Require("objectId", IsId, "oid");
        var subject = sheet.Require("subject", IsId, "sub");
        sheet.Require("appId", IsId, second ? "azp" : "appid");
        // 2: the application showed a certificate. 1 would be a shared secret, 0 a public client.
        sheet.Require("appProof", text => text == "2", second ? "azpacr" : "appidacr");
        sheet.Require("version", text => text == (second ? "2.0" : "1.0"), "ver");
        sheet.Allow("idType", text => text == "app", "idtyp");
        var itself = sheet.Require("identityResource", IsResource, "xms_mirid").ToLowerInvariant();
        var place = sheet.Allow("resource", IsResource, "xms_az_rid")?.ToLowerInvariant();
        if (tenant != TenantOf(issuer) || subject != identity || sheet.Find("scp") is not null)
        {
            sheet.Refuse("The token is of another tenant, or was given on behalf of a person.");
        }

        // An identity of its own kind may serve many machines, and its resource is none of them.
        var shared = itself.Contains("/microsoft.managedidentity/", StringComparison.Ordinal);
        return new Proof(subject, $"azure://{tenant}/{identity}", place ?? (shared ? identity : itself));
    }

    private static string? TenantOf(string issuer) => Issuer().Match(issuer) is { Success: true } match ? match.Groups["tenant"].Value : null;

    private static bool IsId(string text) => Id().IsMatch(text);

    private static bool IsResource(string text) => text.Length <= 512 && Resource().IsMatch(text);

    [GeneratedRegex(@"\Ahttps://(?:sts\.windows\.net/(?<tenant>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/|login\.microsoftonline\.com/(?<tenant>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/v2\.0)\z")]
    private static partial Regex Issuer();

    [GeneratedRegex(@"\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"\A/subscriptions/[0-9A-Fa-f-]{36}/resource[Gg]roups/[A-Za-z0-9_().-]{1,90}/providers/[A-Za-z0-9.]{1,64}(?:/[A-Za-z0-9_.()-]{1,128}){2,10}\z")]
    private static partial Regex Resource();
}
