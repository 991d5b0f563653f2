namespace CredentialBroker.Backends.Aws;

/// <summary>Where a region's services are reached, unless a target says otherwise.</summary>
internal static class AwsEndpoints
{
    public static Uri Sts(string region) => new($"https://sts.{region}.{(region.StartsWith("cn-", StringComparison.Ordinal) ? "amazonaws.com.cn" : "amazonaws.com")}");

    public static Uri Iam(string region) => AwsArn.PartitionOf(region) switch
    {
        "aws-cn" => new Uri("https://iam.cn-north-1.amazonaws.com.cn"),
        "aws-us-gov" => new Uri("https://iam.us-gov.amazonaws.com"),
        _ => new Uri("https://iam.amazonaws.com"),
    };
}
