using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Alarms;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Clusters;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Findings;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Protocol.Keys;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Protocol.Uses;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Cli.Tests.TestInfra;

/// <summary>The routes as documented: what each takes, and what it answers unless a test says otherwise.</summary>
internal static partial class Contract
{
    /// <summary>Made once: each signature is another.</summary>
    private static readonly string Exported = Chains.Export(Chains.Of(3, 2));

    private sealed record Route(string Method, Regex Path, string? Body, string[] Query, Func<Seen, HttpContext, Task> Answer, Action<Seen>? Read = null);

    private static readonly Route[] Routes =
    [
        new("POST", Is("/v1/approvals/ID"), "application/jose", [], (_, h) => JsonAsync(h, 202, new ApprovalAccepted("approved", The.Approval.Id), ProtocolJson.Default.ApprovalAccepted)),
        new("GET", Is("/v1/approvals"), null, ["count"], (_, h) => JsonAsync(h, 200, new ApprovalList([The.Approval]), ProtocolJson.Default.ApprovalList)),
        new("GET", Is("/v1/approvals/ID"), null, [], (_, h) => JsonAsync(h, 200, The.Approval, ProtocolJson.Default.ApprovalView)),
        new("POST", Is("/v1/leases"), "application/json", [], (_, h) => JsonAsync(h, 201, Granted(), ProtocolJson.Default.LeaseAnswer), s => s.Read(ProtocolJson.Default.ClaimRequest)),
        new("GET", Is("/v1/leases"), null, ["selector", "ended", "before", "count"], (_, h) => JsonAsync(h, 200, new LeasePage([The.Lease], null), ProtocolJson.Default.LeasePage)),
        new("GET", Is("/v1/leases/ID"), null, [], (_, h) => JsonAsync(h, 200, The.Lease, ProtocolJson.Default.LeaseView)),
        new("POST", Is("/v1/leases/ID/renew"), "application/json", [], (_, h) => JsonAsync(h, 200, new LeaseAnswer(The.Lease, null), ProtocolJson.Default.LeaseAnswer), s => s.Read(ProtocolJson.Default.RenewRequest)),
        new("DELETE", Is("/v1/leases/ID"), null, ["reason"], (_, h) => JsonAsync(h, 202, The.Ending, ProtocolJson.Default.LeaseView)),
        new("POST", Is("/v1/tasks/ID/end"), null, [], (s, h) => JsonAsync(h, 200, new TaskEnded(Uri.UnescapeDataString(s.Target.Split('/')[3]), 2), ProtocolJson.Default.TaskEnded)),
        new("GET", Is("/v1/templates"), null, [], (_, h) => JsonAsync(h, 200, new TemplateList([The.Template]), ProtocolJson.Default.TemplateList)),
        new("PUT", Is("/v1/templates"), "application/yaml", ["file"], (_, h) => JsonAsync(h, 200, The.Template, ProtocolJson.Default.TemplateView)),
        new("GET", Is("/v1/templates/candidates"), null, [], (_, h) => JsonAsync(h, 200, new TemplateList([The.Candidate]), ProtocolJson.Default.TemplateList)),
        new("POST", Is("/v1/templates/ID/revisions/ID/activate"), null, [], (_, h) => JsonAsync(h, 200, The.Template, ProtocolJson.Default.TemplateView)),
        new("POST", Is("/v1/exceptions"), "application/json", [], (_, h) => ExceptionAsync(h, 201), s => s.Read(ProtocolJson.Default.ExceptionRequest)),
        new("POST", Is("/v1/risk-acceptances"), "application/json", [], (_, h) => ExceptionAsync(h, 201), s => s.Read(ProtocolJson.Default.RiskAcceptanceRequest)),
        new("POST", Is("/v1/breakglass"), "application/json", [], (_, h) => ExceptionAsync(h, 201), s => s.Read(ProtocolJson.Default.BreakGlassRequest)),
        new("POST", Is("/v1/breakglass/ID/review"), "application/json", [], (_, h) => ExceptionAsync(h, 200), s => s.Read(ProtocolJson.Default.ReviewRequest)),
        new("POST", Is("/v1/(exceptions|risk-acceptances)/ID/approve"), null, [], (_, h) => ExceptionAsync(h, 200)),
        new("GET", Is("/v1/(exceptions|risk-acceptances|breakglass)"), null, [], (_, h) => JsonAsync(h, 200, new ExceptionList([The.Exception]), ProtocolJson.Default.ExceptionList)),
        new("GET", Is("/v1/(exceptions|risk-acceptances|breakglass)/ID"), null, [], (_, h) => ExceptionAsync(h, 200)),
        new("DELETE", Is("/v1/(exceptions|risk-acceptances|breakglass)/ID"), null, ["reason"], (_, h) => ExceptionAsync(h, 200)),
        new("POST", Is("/v1/templates/validate"), "application/yaml", ["file"], (_, h) => JsonAsync(h, 200, new TemplateVerdict([], "orders-read", "r1"), ProtocolJson.Default.TemplateVerdict)),
        new("POST", Is("/v1/templates/ID/plan"), "application/json", [], (_, h) => JsonAsync(h, 200, The.Plan, ProtocolJson.Default.PlanView), s => s.Read(ProtocolJson.Default.PlanRequest)),
        new("POST", Is("/v1/revocations"), "application/json", [], (s, h) => s.Text.Contains("\"dryRun\":true", StringComparison.Ordinal)
            ? JsonAsync(h, 200, The.Preview, ProtocolJson.Default.PreviewView) : JsonAsync(h, 202, The.Revocation, ProtocolJson.Default.RevocationView), s => s.Read(ProtocolJson.Default.RevocationRequest)),
        new("GET", Is("/v1/revocations"), null, [], (_, h) => JsonAsync(h, 200, new RevocationList([The.Revocation]), ProtocolJson.Default.RevocationList)),
        new("GET", Is("/v1/revocations/ID"), null, [], (_, h) => JsonAsync(h, 200, The.Revocation, ProtocolJson.Default.RevocationView)),
        new("GET", Is("/v1/revocations/ID/report"), null, [], (s, h) => s.Headers.Accept == "text/markdown"
            ? RawAsync(h, "text/markdown; charset=utf-8", "# Revocation\n") : JsonAsync(h, 200, The.Report, ProtocolJson.Default.IncidentReport)),
        new("GET", Is("/v1/selectors"), null, [], (_, h) => JsonAsync(h, 200, new SelectorList([The.Selector]), ProtocolJson.Default.SelectorList)),
        new("GET", Is("/v1/selectors/ID"), null, [], (_, h) => JsonAsync(h, 200, The.Selector, ProtocolJson.Default.SavedSelector)),
        new("PUT", Is("/v1/selectors/ID"), "application/json", [], (_, h) => JsonAsync(h, 200, The.Selector, ProtocolJson.Default.SavedSelector), s => s.Read(ProtocolJson.Default.SelectorRequest)),
        new("DELETE", Is("/v1/selectors/ID"), null, [], (_, h) => NothingAsync(h)),
        new("POST", Is("/v1/uses/cloudtrail"), "application/json", [], (_, h) => JsonAsync(h, 202, The.Receipt, ProtocolJson.Default.UseReceipt)),
        new("POST", Is("/v1/uses/(vault|postgres)"), "application/x-ndjson", [], (_, h) => JsonAsync(h, 202, The.Receipt, ProtocolJson.Default.UseReceipt)),
        new("GET", Is("/v1/leases/ID/uses"), null, [], (_, h) => JsonAsync(h, 200, new UseList([The.Use]), ProtocolJson.Default.UseList)),
        new("POST", Is("/v1/revocations/ID/confirm"), "application/json", [], (_, h) => JsonAsync(h, 202, The.Revocation, ProtocolJson.Default.RevocationView), s => s.Read(ProtocolJson.Default.ConfirmRequest)),
        new("DELETE", Is("/v1/revocations/ID"), null, [], (_, h) => JsonAsync(h, 202, The.Revocation, ProtocolJson.Default.RevocationView)),
        new("POST", Is("/v1/targets/aws/ID/cutoff"), "application/json", [], (s, h) => JsonAsync(h, 200, The.CutOff with { State = s.Text.Contains("\"dryRun\":true", StringComparison.Ordinal) ? "preview" : "pending" }, ProtocolJson.Default.CutOffView), s => s.Read(ProtocolJson.Default.CutOffRequest)),
        new("POST", Is("/v1/exposures"), "application/json", [], (_, h) => JsonAsync(h, 202, The.Exposure, ProtocolJson.Default.ExposureView), s => s.Read(ProtocolJson.Default.ExposureRequest)),
        new("GET", Is("/v1/exposures"), null, [], (_, h) => JsonAsync(h, 200, new ExposureList([The.Exposure], 1200), ProtocolJson.Default.ExposureList)),
        new("GET", Is("/v1/exposures/ID"), null, [], (_, h) => JsonAsync(h, 200, The.Exposure, ProtocolJson.Default.ExposureView)),
        new("GET", Is("/v1/alarms"), null, [], (_, h) => JsonAsync(h, 200, new AlarmList([The.Alarm]), ProtocolJson.Default.AlarmList)),
        new("POST", Is("/v1/reviews/identity"), "application/yaml", ["cluster", "dryRun"], (_, h) => JsonAsync(h, 200, new IdentityReviewList([The.Review]), ProtocolJson.Default.IdentityReviewList)),
        new("GET", Is("/v1/reviews/identity"), null, ["workload"], (_, h) => JsonAsync(h, 200, new IdentityReviewList([The.Review]), ProtocolJson.Default.IdentityReviewList)),
        new("POST", Is("/v1/reviews/identity/ID/decision"), "application/json", [], (_, h) => JsonAsync(h, 200, The.Review, ProtocolJson.Default.IdentityReviewView), s => s.Read(ProtocolJson.Default.IdentityDecision)),
        new("GET", Is("/v1/reviews/would-change"), null, ["selector", "after"], (_, h) => JsonAsync(h, 200, new ChangePage([The.Change], true), ProtocolJson.Default.ChangePage)),
        new("GET", Is("/v1/reviews/blast-radius"), null, ["selector", "since"], (_, h) => h.Request.Headers.Accept == "text/markdown"
            ? RawAsync(h, "text/markdown; charset=utf-8", "# Blast radius\n") : JsonAsync(h, 200, The.Reach, ProtocolJson.Default.BlastRadius)),
        new("GET", Is("/v1/hosts"), null, [], (_, h) => JsonAsync(h, 200, new HostList([The.Host]), ProtocolJson.Default.HostList)),
        new("GET", Is("/v1/hosts/host-1/exposure"), null, [], (_, h) => JsonAsync(h, 200, The.HostExposure, ProtocolJson.Default.HostExposureView)),
        new("GET", Is("/v1/clusters"), null, [], (_, h) => JsonAsync(h, 200, new ClusterList(["prod-eu", "prod-us"]), ProtocolJson.Default.ClusterList)),
        new("GET", Is("/v1/clusters/prod-eu/check"), null, [], (_, h) => JsonAsync(h, 200, new ClusterReport("prod-eu", true, [new("server", true, "answers, version v1.34.1")]), ProtocolJson.Default.ClusterReport)),
        new("GET", Is("/v1/clusters/prod-us/check"), null, [], (_, h) => JsonAsync(h, 200, new ClusterReport("prod-us", false, [new("webhooks", false, "no mutating webhook asks /admission/prod-us/mutate")]), ProtocolJson.Default.ClusterReport)),
        new("GET", Is("/v1/findings"), null, ["resolved"], (_, h) => JsonAsync(h, 200, new FindingList([The.Finding]), ProtocolJson.Default.FindingList)),
        new("POST", Is("/v1/explain"), "application/json", [], (_, h) => JsonAsync(h, 200, The.Granted, ProtocolJson.Default.Explanation), s => s.Read(ProtocolJson.Default.ExplainRequest)),
        new("POST", Is("/v1/(freezes|holds)"), "application/json", [], (_, h) => JsonAsync(h, 201, The.Control, ProtocolJson.Default.ControlView), s => s.Read(ProtocolJson.Default.ControlRequest)),
        new("GET", Is("/v1/(freezes|holds)"), null, [], (_, h) => JsonAsync(h, 200, new ControlList([The.Control]), ProtocolJson.Default.ControlList)),
        new("DELETE", Is("/v1/(freezes|holds)/ID"), null, [], (_, h) => NothingAsync(h)),
        new("GET", Is("/v1/audit"), null, ["stream", "type", "lease", "since", "tail"], (_, h) => NdjsonAsync(h, Chains.Ndjson(Chains.Of(3, 2)))),
        new("GET", Is("/v1/keys"), null, [], (_, h) => JsonAsync(h, 200, new KeyList([The.Key]), ProtocolJson.Default.KeyList)),
        new("POST", Is("/v1/keys/rotate"), null, ["purpose", "atOnce"], (_, h) => JsonAsync(h, 200, The.Key, ProtocolJson.Default.KeyView)),
        new("GET", Is("/v1/audit/export"), null, [], (_, h) => NdjsonAsync(h, Exported)),
        new("GET", Is("/v1/audit/key"), null, [], (_, h) => RawAsync(h, "text/plain", $"{Chains.Key}\n")),
        new("GET", Is("/v1/audit/checkpoints"), null, ["count"], (_, h) => JsonAsync(h, 200, new CheckpointList([new CheckpointView(5, The.Noon, Chains.Note(Chains.Of(3, 2)))]), ProtocolJson.Default.CheckpointList)),
        new("GET", Is("/v1/audit/evidence"), null, ["since", "until"], (_, h) => RawAsync(h, "application/json", Chains.Bundle())),
        new("GET", Is("/v1/leases/ID/evidence"), null, [], (_, h) => RawAsync(h, "application/json", Chains.Bundle())),
        new("POST", Is("/oauth2/introspect"), "application/x-www-form-urlencoded", [], (_, h) => RawAsync(h, "application/json", """{"active":true}""")),
        new("GET", Is("/v1/whoami"), null, [], (_, h) => JsonAsync(h, 200, The.Ann, ProtocolJson.Default.WhoAmI)),
        new("GET", Is("/healthz/ready"), null, [], (_, h) => JsonAsync(h, 200, new HealthView("ready"), ProtocolJson.Default.HealthView)),
    ];

    /// <summary>How the request departs from what is documented; null when it does not.</summary>
    public static string? Breach(Seen seen, HttpContext http)
    {
        if (Find(seen) is not { } route) return "no such route";
        if (route.Body != http.Request.ContentType) return $"content type is '{http.Request.ContentType}', not '{route.Body}'";
        if (route.Body is null && seen.Body.Length > 0) return "has a body";
        if (http.Request.Query.Keys.Except(route.Query).FirstOrDefault() is { } stranger) return $"query '{stranger}' is not documented";
        if (http.Request.Query.Any(q => q.Value.Count != 1)) return "a query value is repeated";
        if (http.Request.Headers.Authorization.Count > 0 && http.Request.Headers.Authorization != $"Bearer {The.Token}") return "authorization is not the token's bearer";
        var once = seen.Method == "POST" && (seen.Target == "/v1/leases" || (seen.Target == "/v1/revocations" && !seen.Text.Contains("\"dryRun\":true", StringComparison.Ordinal)));
        if (once != http.Request.Headers.ContainsKey("Idempotency-Key")) return "Idempotency-Key belongs on claims and revocations and nowhere else";
        try
        {
            route.Read?.Invoke(seen);
            return null;
        }
        catch (JsonException fault)
        {
            return fault.Message;
        }
    }

    public static Task AnswerAsync(Seen seen, string path, HttpContext http) => Find(seen with { Target = path })!.Answer(seen, http);

    public static LeaseAnswer Granted() => new(The.Lease, JsonDocument.Parse("""{"username":"cb-lease","password":"s3cret"}""").RootElement);

    private static Task ExceptionAsync(HttpContext http, int status) => JsonAsync(http, status, The.Exception, ProtocolJson.Default.ExceptionView);

    public static Task JsonAsync<T>(HttpContext http, int status, T answer, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(answer, type, contentType);
    }

    public static Task NdjsonAsync(HttpContext http, string lines) => RawAsync(http, "application/x-ndjson", lines);

    public static Task RawAsync(HttpContext http, string contentType, string text, int status = 200)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        return http.Response.WriteAsync(text);
    }

    private static Route? Find(Seen seen) => Routes.FirstOrDefault(r => r.Method == seen.Method && r.Path.IsMatch(seen.Target.Split('?')[0]));

    private static Regex Is(string pattern) => new($"^{pattern.Replace("ID", "[^/]+", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant);

    private static Task NothingAsync(HttpContext http)
    {
        http.Response.StatusCode = 204;
        return Task.CompletedTask;
    }
}
