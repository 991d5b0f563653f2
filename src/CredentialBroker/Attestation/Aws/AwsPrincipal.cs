using System.Text.RegularExpressions;

namespace CredentialBroker.Attestation;

/// <summary>
/// A role of an account, or one session of it. Users, the root of an account and federated users have keys that a person
/// made or name themselves, and are no workloads.
/// </summary>
/// <param name="Account">Twelve digits.</param>
/// <param name="Role">Name without its path; an account has no two roles of one name, whatever their paths.</param>
/// <param name="Session">Name of the session, where the ARN is one's. Whoever assumed the role mostly chose it.</param>
internal sealed partial record AwsPrincipal(string Account, string Role, string? Session)
{
    internal string Uri => $"aws://{Account}/role/{Role}";

    internal static bool IsAccount(string text) => text.Length == 12 && text.All(char.IsAsciiDigit);

    /// <summary>From <c>arn:aws:iam::A:role/[path/]R</c>, as tokens name the caller.</summary>
    internal static AwsPrincipal? OfRole(string arn) =>
        RoleArn().Match(arn) is { Success: true } match ? new AwsPrincipal(match.Groups["account"].Value, match.Groups["role"].Value, null) : null;

    /// <summary>From <c>arn:aws:sts::A:assumed-role/R/S</c>, as STS names the caller.</summary>
    internal static AwsPrincipal? OfSession(string arn) => SessionArn().Match(arn) is { Success: true } match
        ? new AwsPrincipal(match.Groups["account"].Value, match.Groups["role"].Value, match.Groups["session"].Value)
        : null;

    [GeneratedRegex(@"\Aarn:aws(?:-cn|-us-gov)?:iam::(?<account>[0-9]{12}):role/(?:[!-.0-~]{1,128}/){0,8}(?<role>[A-Za-z0-9_+=,.@-]{1,64})\z")]
    private static partial Regex RoleArn();

    [GeneratedRegex(@"\Aarn:aws(?:-cn|-us-gov)?:sts::(?<account>[0-9]{12}):assumed-role/(?<role>[A-Za-z0-9_+=,.@-]{1,64})/(?<session>[A-Za-z0-9_+=,.@-]{2,64})\z")]
    private static partial Regex SessionArn();
}
