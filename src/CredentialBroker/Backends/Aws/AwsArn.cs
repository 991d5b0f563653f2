using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Aws;

/// <summary>The forms of what AWS names, as far as the broker names it too.</summary>
internal static partial class AwsArn
{
    public static bool IsAccount(string text) => Account().IsMatch(text);

    public static bool IsRegion(string text) => Region().IsMatch(text);

    /// <summary>A role that sessions can be made of. Nobody may change a service-linked one.</summary>
    public static bool IsRoleOf(string arn, string account) =>
        Role().Match(arn) is { Success: true } found && found.Groups["account"].Value == account && !arn.Contains(":role/aws-service-role/", StringComparison.Ordinal);

    public static bool IsPolicy(string arn) => Policy().IsMatch(arn);

    public static bool IsRolePath(string path) => RolePath().IsMatch(path);

    /// <param name="kind">What its name must begin with; null for a role or user.</param>
    public static bool IsIdentity(string arn, string? kind) =>
        Identity().Match(arn) is { Success: true } found && (kind is null ? found.Groups["name"].Value.Split('/')[0] is "role" or "user" : found.Groups["name"].Value.StartsWith(kind, StringComparison.Ordinal));

    /// <summary>What session names, tags and external ids may be made of.</summary>
    public static bool IsPlain(string text) => Plain().IsMatch(text);

    /// <summary>The name alone, without its path.</summary>
    public static string NameOf(string role) => role[(role.LastIndexOf('/') + 1)..];

    /// <summary>As a session of the role is named in answers: paths of roles do not appear there.</summary>
    public static string SessionOf(string role, string session)
    {
        var parts = role.Split(':');
        return $"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{NameOf(role)}/{session}";
    }

    public static string PartitionOf(string region) =>
        region.StartsWith("cn-", StringComparison.Ordinal) ? "aws-cn" : region.StartsWith("us-gov-", StringComparison.Ordinal) ? "aws-us-gov" : "aws";

    /// <summary>The region in whose name calls of IAM are signed, which is the partition's own.</summary>
    public static string IamRegionOf(string region) => PartitionOf(region) switch { "aws-cn" => "cn-north-1", "aws-us-gov" => "us-gov-west-1", _ => "us-east-1" };

    [GeneratedRegex(@"^[0-9]{12}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Account();

    [GeneratedRegex(@"^[a-z]{2}(-[a-z]{2,12}){1,2}-[0-9]{1,2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Region();

    [GeneratedRegex(@"^arn:aws(-cn|-us-gov)?:iam::(?<account>[0-9]{12}):role/([\w+=,.@-]{1,128}/){0,8}[\w+=,.@-]{1,64}\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Role();

    [GeneratedRegex(@"^arn:aws(-cn|-us-gov)?:iam::([0-9]{12}|aws):policy/([\w+=,.@-]{1,128}/){0,8}[\w+=,.@-]{1,128}\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Policy();

    [GeneratedRegex(@"^/([\w.-]{1,64}/){1,4}\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex RolePath();

    [GeneratedRegex(@"^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:(?<name>[\w+=,.@/:-]{1,512})\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Identity();

    [GeneratedRegex(@"^[\w+=,.@:/-]+\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Plain();
}
