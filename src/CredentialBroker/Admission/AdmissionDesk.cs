using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Admission;

/// <summary>Sends each question to the gate that knows the answer, and says no where there is none in time.</summary>
internal sealed class AdmissionDesk(PodGate pods, ChangeGate changes, AdmissionRecords records, AdmissionMetrics metrics, Journal journal, AdmissionLog log, TimeProvider clock)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, SemaphoreSlim> _room = new(StringComparer.Ordinal);

    /// <param name="mutating">The first of the two questions.</param>
    /// <param name="waits">How long the API server waits.</param>
    public async Task<AdmissionAnswer> AnswerAsync(AdmissionGate gate, AdmissionRequest request, bool mutating, TimeSpan waits, CancellationToken cancel)
    {
        var begun = clock.GetTimestamp();
        var budget = waits / 2 < gate.Options.Budget ? waits / 2 : gate.Options.Budget;
        var answer = await WithinAsync(gate, request, mutating, budget, cancel);
        metrics.Answered(gate.Cluster, mutating ? "mutate" : "validate", answer.Code, clock.GetElapsedTime(begun));
        return answer;
    }

    private async Task<AdmissionAnswer> WithinAsync(AdmissionGate gate, AdmissionRequest request, bool mutating, TimeSpan budget, CancellationToken cancel)
    {
        var room = _room.GetOrAdd(gate.Cluster, _ => new SemaphoreSlim(gate.Options.MaxConcurrent));
        // Whoever waits here would wait longer than the API server does.
        if (!await room.WaitAsync(0, cancel)) return AdmissionAnswer.Unsure("more is asked than can be answered");
        var work = JudgeAsync(gate, request, mutating, room);
        try
        {
            return await work.WaitAsync(budget, clock, cancel);
        }
        catch (TimeoutException)
        {
            // What it still does ends as a candidate that nobody confirms.
            return AdmissionAnswer.Unsure("there was no answer in time");
        }
    }

    private async Task<AdmissionAnswer> JudgeAsync(AdmissionGate gate, AdmissionRequest request, bool mutating, SemaphoreSlim room)
    {
        try
        {
            var answer = await DecideAsync(gate, request, mutating, CancellationToken.None);
            if (!answer.Allowed && !request.DryRun) await journal.CommitAsync(Lane.Issuing, records.Denied(gate, request, answer));
            return answer;
        }
        catch (Exception error)
        {
            if (Problems.OfFault(error) is null) log.Unforeseen(gate.Cluster, error);
            return AdmissionAnswer.Unsure("the broker cannot record anything at present");
        }
        finally
        {
            room.Release();
        }
    }

    private async Task<AdmissionAnswer> DecideAsync(AdmissionGate gate, AdmissionRequest request, bool mutating, CancellationToken cancel) => (request.Operation, request.Resource, request.SubResource, request.Kind) switch
    {
        ("CREATE", "/v1/pods", "", "/v1/Pod") => mutating ? await pods.MarkAsync(gate, request, cancel) : await pods.JudgeAsync(gate, request, cancel),
        _ when mutating => AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "only pods that are made are asked about here"),
        ("UPDATE", "/v1/pods", "", "/v1/Pod") => ChangeGate.Update(request),
        ("UPDATE", "/v1/pods", "ephemeralcontainers", "/v1/Pod") => ChangeGate.Debug(gate, request),
        ("CONNECT", "/v1/pods", "exec", "/v1/PodExecOptions") or ("CONNECT", "/v1/pods", "attach", "/v1/PodAttachOptions") or ("CONNECT", "/v1/pods", "portforward", "/v1/PodPortForwardOptions") =>
            await changes.ConnectAsync(gate, request, cancel),
        ("CREATE", "/v1/serviceaccounts", "token", "authentication.k8s.io/v1/TokenRequest") => ChangeGate.Token(gate, request),
        _ => AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "this is not asked about here; look at the rules of the webhook"),
    };
}

internal sealed partial class AdmissionLog(ILogger<AdmissionLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Error, Message = "A question of cluster {Cluster} met an unforeseen fault and was answered no")]
    public partial void Unforeseen(string cluster, Exception error);
}
