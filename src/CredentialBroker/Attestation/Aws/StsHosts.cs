using System.Text.RegularExpressions;

namespace CredentialBroker.Attestation;

/// <summary>The hosts of regional STS endpoints, made from a region's name and never taken from a request.</summary>
internal static partial class StsHosts
{
    internal static bool IsRegion(string text) => Region().IsMatch(text);

    internal static string Of(string region) =>
        region.StartsWith("cn-", StringComparison.Ordinal) ? $"sts.{region}.amazonaws.com.cn" : $"sts.{region}.amazonaws.com";

    [GeneratedRegex(@"\A[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}\z")]
    private static partial Regex Region();
}
