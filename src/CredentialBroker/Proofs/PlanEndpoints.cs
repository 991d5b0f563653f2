using CredentialBroker.Backends;
using CredentialBroker.Hosting;
using CredentialBroker.Issuance;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Templates;

namespace CredentialBroker.Proofs;

/// <summary>Tries a template at its target with a canary: made, used, ended, and used until it is refused.</summary>
internal static class PlanEndpoints
{
    private const int BodyLimit = 16 * 1024;

    /// <summary>How long the answer waits for the proof, which goes on in any case.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    public static void MapPlan(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/templates/{name}/plan", PlanAsync);

    private static async Task<IResult> PlanAsync(string name, HttpContext http, Rulebook rulebook, Canaries canaries, Proof proof, ProofRuns runs, TimeProvider clock)
    {
        var body = await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted);
        if (body.Length > 0) Bodies.Require(http.Request, "application/json");
        var request = body.Length == 0 ? new PlanRequest() : Bodies.Parse(body, ProtocolJson.Default.PlanRequest);
        if ((await rulebook.RefreshAsync(http.RequestAborted)).Templates.Find(name) is not { } template) return Problems.Of(ReasonCodes.NotFound, "no such template is active; see credbroker template list");
        var workload = request.Workload ?? CanaryWorkload.UriOf(template);
        if (!template.Workloads.Any(pattern => pattern.Matches(workload))) return Problems.Of(ReasonCodes.Invalid, "the template does not match this workload");
        if (!runs.HasRoom) return Problems.Of(ReasonCodes.Overloaded, "as many canaries are under way as may be; try again");

        var by = http.Operator().Name;
        var findings = await template.Backend.CheckAsync(template.Target, http.RequestAborted);
        // What was begun is ended, whether or not the caller waits for it.
        var canary = await canaries.BeginAsync(new CanaryAsk(template, workload, request.Intent, by), CancellationToken.None);
        var view = Of(template, findings);
        if (canary is Canary.Refused refused) return Results.Json(view with { Lease = refused.LeaseId, Code = refused.Code, Detail = refused.Detail }, ProtocolJson.Default.PlanView);

        var live = (Canary.Live)canary;
        var asked = await canaries.EndAsync(live, by);
        view = view with
        {
            Lease = live.Lease.Id, EndsAt = At(live.Lease.EndsAt), DiesBy = At(live.Lease.DiesBy), Privileges = live.Grant.Privileges,
            Used = Word(live.Works), Proof = live.CanBeProved ? PlanView.Pending : PlanView.NotPossible,
        };
        if (!live.CanBeProved) return Results.Json(view, ProtocolJson.Default.PlanView);
        var proved = new TaskCompletionSource<long?>();
        runs.Start($"plan/{live.Lease.Id}", async stop => proved.SetResult(await proof.RunAsync(live, asked, stop)));
        await Task.WhenAny(proved.Task, Task.Delay(Wait, clock, http.RequestAborted));
        return Results.Json(proved.Task is { IsCompletedSuccessfully: true, Result: { } took } ? view with { Proof = PlanView.Dead, TimeToDeadMs = took } : view, ProtocolJson.Default.PlanView);
    }

    private static PlanView Of(CompiledTemplate template, IReadOnlyList<string> findings) => new(
        template.Name, template.Revision, template.BackendName, template.Target, template.Revocability,
        Durations.Format(template.Backend.ExpectedLatencyOf(template.Grant)), findings);

    private static string Word(Probe works) => works switch
    {
        Probe.Alive => PlanView.Honoured,
        Probe.Dead => PlanView.NotHonoured,
        _ => PlanView.NotPossible,
    };

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
