using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Aws;

internal enum Verdict
{
    Neither,
    Allow,
    Deny,
}

/// <summary>A policy in IAM's documented grammar, as much of it as is used here, and what it says to one request.</summary>
internal sealed class PolicyDocument
{
    private static readonly string[] Tests = ["StringEquals", "StringEqualsIfExists", "StringLike", "DateLessThan", "DateGreaterThanEquals"];
    private readonly List<JsonObject> _statements;

    private PolicyDocument(List<JsonObject> statements) => _statements = statements;

    public static PolicyDocument Read(string text, bool isTrust)
    {
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            throw Malformed("no JSON");
        }

        if (json is not JsonObject policy || policy.Any(member => member.Key is not ("Version" or "Statement")) || (string?)policy["Version"] != "2012-10-17" || policy["Statement"] is not JsonArray { Count: > 0 } statements)
            throw Malformed("the document's members");
        foreach (var statement in statements)
        {
            if (statement is not JsonObject one || (string?)one["Effect"] is not ("Allow" or "Deny") || one["Action"] is null || (one["Principal"] is not null) != isTrust || (one["Resource"] is null) != isTrust
                || one.Any(member => member.Key is not ("Effect" or "Action" or "Resource" or "Principal" or "Condition")))
                throw Malformed("a statement's members");
            if (Texts(one["Action"]).Any(action => action != "*" && !Regex.IsMatch(action, "^[a-z0-9-]+:[A-Za-z0-9*]+$"))) throw Malformed("an action");
            if (!isTrust && Texts(one["Resource"]).Any(resource => resource != "*" && !resource.StartsWith("arn:", StringComparison.Ordinal))) throw Malformed("a resource");
            foreach (var (test, keys) in one["Condition"] as JsonObject ?? [])
            {
                if (!Tests.Contains(test)) throw StandInRefusal.Undocumented($"the test {test}");
                foreach (var (key, values) in (JsonObject)keys!)
                {
                    if (!Texts(values).Any()) throw Malformed("a condition without a value");
                    if (!IsKnown(key)) throw StandInRefusal.Undocumented($"the key {key}");
                }
            }
        }

        return new PolicyDocument([.. statements.Select(statement => (JsonObject)statement!)]);
    }

    /// <summary>Deny beats allow.</summary>
    public Verdict Judge(string action, string resource, Dictionary<string, string> context)
    {
        var fitting = _statements.Where(one => Fits(one["Action"], action) && Fits(one["Resource"], resource) && Holds(one["Condition"], context)).Select(one => (string)one["Effect"]!).ToHashSet();
        return fitting.Contains("Deny") ? Verdict.Deny : fitting.Contains("Allow") ? Verdict.Allow : Verdict.Neither;
    }

    /// <summary>Of a trust policy.</summary>
    public bool Trusts(string kind, string principal, string action, Dictionary<string, string> context) => _statements.Any(one =>
        (string)one["Effect"]! == "Allow" && one["Principal"] is JsonObject who && Texts(who[kind]).Contains(principal) && Fits(one["Action"], action) && Holds(one["Condition"], context));

    public static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonArray many => many.Select(one => (string)one!),
        null => [],
        _ => [(string)node!],
    };

    private static bool Fits(JsonNode? patterns, string text) => patterns is null || Texts(patterns).Any(pattern => Like(pattern, text));

    private static bool Like(string pattern, string text) => Regex.IsMatch(text, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}$");

    private static bool Holds(JsonNode? condition, Dictionary<string, string> context) => (condition as JsonObject ?? []).All(test => ((JsonObject)test.Value!).All(key =>
    {
        // A key that the request does not have fails every test but those that say otherwise.
        if (!context.TryGetValue(key.Key, out var actual)) return test.Key.EndsWith("IfExists", StringComparison.Ordinal);
        return Texts(key.Value).Any(value => test.Key switch
        {
            "StringLike" => Like(value, actual),
            "DateLessThan" => Date(actual) < Date(value),
            "DateGreaterThanEquals" => Date(actual) >= Date(value),
            _ => actual == value,
        });
    }));

    private static DateTimeOffset Date(string text) => DateTimeOffset.ParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static bool IsKnown(string key) =>
        key is "aws:SourceIdentity" or "aws:userid" or "aws:TokenIssueTime" or "aws:CurrentTime" or "aws:PrincipalArn" or "sts:ExternalId" or "s3:prefix"
        || key.StartsWith("aws:PrincipalTag/", StringComparison.Ordinal) || key.EndsWith(":aud", StringComparison.Ordinal) || key.EndsWith(":sub", StringComparison.Ordinal);

    private static StandInRefusal Malformed(string what) => new(400, "MalformedPolicyDocument", what);
}
