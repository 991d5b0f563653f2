namespace CredentialBroker.Attestation;

/// <summary>A signed call of <c>sts:GetCallerIdentity</c>, which the broker makes itself: for where no token can be had.</summary>
internal sealed class AwsCallEvidence : IEvidenceKind
{
    public string Name => "aws-call";

    // The signature holds for a quarter of an hour, and whoever sees it can make the call as well.
    public int Strength => 1;

    /// <summary>How long STS honours a signature, whatever expiry it states.</summary>
    public TimeSpan LongestLife => TimeSpan.FromMinutes(15);

    public IEnumerable<(string Key, string Mistake)> Mistakes(WorkloadSourceOptions options) =>
        options.Aws is { } aws ? [.. aws.Mistakes(), .. aws.CallMistakes(options.AllowLoopback)] : [("Aws", "is required: accounts and regions.")];
}
