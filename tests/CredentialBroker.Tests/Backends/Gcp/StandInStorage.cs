using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Gcp;

/// <summary>The IAM credentials API, and the listing of a bucket's objects, which looks at token, scope, role and boundary at every call.</summary>
internal sealed partial class StandInStorage(GcpStandInState state)
{
    public const string Viewer = "roles/storage.objectViewer";
    public const string TokenCreator = "roles/iam.serviceAccountTokenCreator";
    public const string ReadOnly = "https://www.googleapis.com/auth/devstorage.read_only";

    public GcpStandInReply Impersonate(HttpRequest request, string body)
    {
        if (request.Method != "POST" || Account().Match(request.Path.Value!) is not { Success: true } call) return state.Unknown(request);
        if (state.Caller(request) is not { } caller) return GcpStandInReply.Error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
        var account = call.Groups["account"].Value;
        if (!caller.Scopes.Contains(GcpConnection.Everything)) return GcpStandInReply.Error(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.");
        if (!state.Has(caller, account, TokenCreator) && !state.Has(caller, account, "roles/iam.workloadIdentityUser"))
            return GcpStandInReply.Error(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).");
        if (GcpStandInState.Parse(body) is not { } asked || asked["scope"] is not JsonArray { Count: > 0 } scopes) return GcpStandInReply.Error(400, "INVALID_ARGUMENT", "Scope required.");
        foreach (var name in asked.Select(member => member.Key).Except(["scope", "lifetime"])) state.Undocumented($"generateAccessToken: {name}");
        var lifetime = (string?)asked["lifetime"] ?? "3600s";
        var seconds = Seconds().IsMatch(lifetime) ? long.Parse(lifetime[..^1], CultureInfo.InvariantCulture) : 0;
        if (seconds is < 1 or > 3600) return GcpStandInReply.Error(400, "INVALID_ARGUMENT", "The lifetime is invalid.");
        var until = DateTimeOffset.FromUnixTimeSeconds(state.Now.ToUnixTimeSeconds() + seconds);
        var token = state.NewToken(new StandInGoogleToken([$"serviceAccount:{account}"], [.. scopes.Select(scope => (string)scope!)], until));
        return new GcpStandInReply(200, new JsonObject { ["accessToken"] = token, ["expireTime"] = until.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) });
    }

    public GcpStandInReply Objects(HttpRequest request)
    {
        if (request.Method != "GET" || Listing().Match(request.Path.Value!) is not { Success: true } call) return state.Unknown(request);
        if (state.Caller(request) is not { } caller) return GcpStandInReply.Error(401, "UNAUTHENTICATED", "Invalid Credentials");
        var bucket = call.Groups["bucket"].Value;
        var allowed = caller.Scopes.Intersect([ReadOnly, GcpConnection.Everything]).Any() && state.Has(caller, bucket, Viewer) && Within(caller.Boundary, bucket, request.Query["prefix"].ToString());
        return allowed
            ? new GcpStandInReply(200, new JsonObject { ["kind"] = "storage#objects", ["items"] = new JsonArray() })
            : GcpStandInReply.Error(403, "PERMISSION_DENIED", "The caller does not have storage.objects.list access to the Google Cloud Storage bucket.");
    }

    /// <summary>The prefix that a condition of the documented form bounds names to; null for any other form, since nothing here evaluates expressions.</summary>
    public static string? PrefixOf(JsonObject condition) => Condition().Match((string?)condition["expression"] ?? "") is { Success: true } match ? match.Groups["prefix"].Value : null;

    private static bool Within(JsonObject? boundary, string bucket, string prefix) => boundary is null || boundary["accessBoundaryRules"]!.AsArray().Any(rule =>
        (string?)rule!["availableResource"] == $"//storage.googleapis.com/projects/_/buckets/{bucket}" && rule["availablePermissions"]!.AsArray().Any(one => (string?)one == $"inRole:{Viewer}")
        && (rule["availabilityCondition"] is not JsonObject condition || prefix.StartsWith(PrefixOf(condition)!, StringComparison.Ordinal)));

    [GeneratedRegex(@"^/v1/projects/-/serviceAccounts/(?<account>[^/:]+):generateAccessToken\z")]
    private static partial Regex Account();

    [GeneratedRegex(@"^[0-9]{1,5}s\z")]
    private static partial Regex Seconds();

    [GeneratedRegex(@"^/storage/v1/b/(?<bucket>[^/]+)/o\z")]
    private static partial Regex Listing();

    [GeneratedRegex(@"^resource\.name\.startsWith\('projects/_/buckets/[a-z0-9._-]+/objects/(?<prefix>[^']*)'\) \|\| api\.getAttribute\('storage\.googleapis\.com/objectListPrefix', ''\)\.startsWith\('\k<prefix>'\)\z")]
    private static partial Regex Condition();
}
