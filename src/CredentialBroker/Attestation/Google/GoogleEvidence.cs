using System.Text.Json;
using System.Text.RegularExpressions;

namespace CredentialBroker.Attestation;

/// <summary>
/// An identity token of Compute Engine's metadata server, in its full format: which service account, on which machine.
/// Tokens without the machine are refused: those can be made by anybody who may act for the account, from anywhere.
/// </summary>
internal sealed partial class GoogleEvidence : ITokenKind
{
    private const string Google = "google";
    private const string Machine = "compute_engine";

    public string Name => "google";

    // Of the machine rather than the workload: anything on it can ask for the token, and it is replayable.
    public int Strength => 1;

    public TimeSpan LongestLife => TimeSpan.FromHours(1);

    public string? UsualIssuer => "https://accounts.google.com";

    public IReadOnlyList<string> UsualAlgorithms => ["RS256"];

    public string? UsualKeys(string issuer) => issuer == UsualIssuer ? "https://www.googleapis.com/oauth2/v3/certs" : null;

    // Another issuer would be another company's, or a service account's own signature (the way of CVE-2020-16251).
    public IEnumerable<(string Key, string Mistake)> Mistakes(WorkloadSourceOptions options) =>
        options.Issuer is null || options.Issuer == UsualIssuer ? [] : [("Issuer", $"is {UsualIssuer}, exactly; it may be left out.")];

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        var account = sheet.Require("accountId", IsNumber, "sub");
        var project = sheet.Require("project", text => Project().IsMatch(text), Google, Machine, "project_id");
        var instance = sheet.Require("instanceId", IsNumber, Google, Machine, "instance_id");
        sheet.Require("projectNumber", IsNumber, Google, Machine, "project_number");
        sheet.Require("zone", DnsNames.Label, Google, Machine, "zone");
        sheet.Require("instanceName", DnsNames.Label, Google, Machine, "instance_name");
        sheet.Require("email", ClaimForms.Name, "email");
        if (sheet.Require("party", IsNumber, "azp") != account)
        {
            sheet.Refuse("The token was given to another party than the account it names.");
        }

        if (sheet.Find("email_verified") is not { ValueKind: JsonValueKind.True })
        {
            sheet.Refuse("The token's email is not verified.");
        }

        return new Proof(account, $"gcp://{project}/{account}", instance);
    }

    // Unique ids of service accounts have 21 digits, more than a 64-bit number may have.
    private static bool IsNumber(string text) => text.Length is > 0 and <= 32 && text.All(char.IsAsciiDigit);

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{4,28}[a-z0-9]\z")]
    private static partial Regex Project();
}
