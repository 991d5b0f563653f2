namespace CredentialBroker.Attestation;

/// <summary>
/// A token of <c>sts:GetWebIdentityToken</c> (IAM User Guide, outbound identity federation): signed under an issuer that
/// is the account's own, for an audience that the caller chose.
/// </summary>
internal sealed class AwsTokenEvidence : ITokenKind
{
    private const string Private = "https://sts.amazonaws.com/";

    public string Name => "aws";

    // STS signs only for a session that is alive, minutes at most, and for one audience.
    public int Strength => 3;

    public TimeSpan LongestLife => TimeSpan.FromHours(1);

    public IReadOnlyList<string> UsualAlgorithms => ["RS256", "ES384"];

    public string? UsualKeys(string issuer) => $"{issuer.TrimEnd('/')}/.well-known/jwks.json";

    public IEnumerable<(string Key, string Mistake)> Mistakes(WorkloadSourceOptions options) =>
        options.Aws is { } aws ? aws.Mistakes() : [("Aws", "is required: the accounts.")];

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        var subject = sheet.Require("roleArn", text => AwsPrincipal.OfRole(text) is not null, "sub");
        var account = sheet.Require("account", AwsPrincipal.IsAccount, Private, "aws_account");
        sheet.Allow("region", StsHosts.IsRegion, Private, "source_region");
        sheet.Allow("organization", ClaimForms.Name, Private, "org_id");
        // The tags of the request are left out: whoever asks for the token writes them.
        sheet.Allow("lambdaFunction", ClaimForms.Name, Private, "lambda_source_function_arn");
        if (sheet.Fault is not null)
        {
            return new Proof(subject, "", "");
        }

        var role = AwsPrincipal.OfRole(subject)!;
        sheet.State("role", role.Role);
        if (role.Account != account || !options.Aws!.Accounts.Contains(account, StringComparer.Ordinal))
        {
            sheet.Refuse("The token's account is not the role's, or not one of its source's.");
        }

        // The token does not tell a role's sessions apart, so all of them are one instance.
        return new Proof(subject, role.Uri, subject);
    }
}
