using CredentialBroker.Approvals.Intake;
using CredentialBroker.Audit;
using CredentialBroker.Incidents;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Alarms;

/// <summary>
/// Takes what sources tell. Order: the source and its keys, by the URL alone; signature; content; then replay, record and what the rules
/// say in one commit. What a source tells twice is acted upon once and acknowledged twice.
/// </summary>
internal sealed class AlarmIntake(
    IReadOnlyDictionary<string, AlarmSource> sources, IReadOnlyDictionary<string, IAlarmFormat> formats, AlarmActs acts, ExposureDesk exposures, Journal journal, AuditChain chain, IncidentSignal incidents,
    DueSignal due, AlarmMetrics metrics, TimeProvider clock)
{
    /// <summary>Longest message, in bytes.</summary>
    public const int BodyBytes = 16 * 1024;

    public bool Knows(string source) => sources.ContainsKey(source);

    /// <returns>Null once it is recorded and done, now or before.</returns>
    public async Task<Heard.Refused?> TakeAsync(string name, Delivery delivery, CancellationToken cancel)
    {
        if (!sources.TryGetValue(name, out var source)) return new Heard.Refused(ReasonCodes.SourceUnknown, "no source of this name", Authentic: false);
        switch (await formats[source.Options.Format].HearAsync(source, delivery, cancel))
        {
            case Heard.As heard:
                return await ActAsync(source, heard.Alarm, cancel);
            case Heard.Refused refused:
                metrics.Refused(name, refused.Code);
                if (refused.Authentic) await journal.CommitAsync(Lane.Control, Told("signal.refused", source, null, refused.Code, refused.Detail, null));
                return refused;
            default:
                throw new InvalidOperationException("a message has two outcomes");
        }
    }

    private async Task<Heard.Refused?> ActAsync(AlarmSource source, Alarm alarm, CancellationToken cancel)
    {
        var id = Ids.New(clock);
        // What it says it found is matched and revoked; the rules are for what was seen.
        var refusal = alarm.Secret is { } secret
            ? (await exposures.TakeAsync(
                new Report(null, secret, null, alarm.Detail ?? $"told by {source.Name}", null, source.Actor, source.Reach), Record(id, source, alarm, new Response(0, ["exposure"], [])), cancel)).Refusal
            : await RespondAsync(id, source, alarm, cancel);
        if (refusal is null || refusal.Code == AlarmStore.Heard)
        {
            metrics.Heard(source.Name, refusal is null ? "new" : "again");
            incidents.Ring();
            due.Ring();
            return null;
        }

        return new Heard.Refused(refusal.Code, refusal.Detail, Authentic: true);
    }

    private async Task<Refusal?> RespondAsync(string id, AlarmSource source, Alarm alarm, CancellationToken cancel)
    {
        var response = await acts.PlanAsync(id, source, alarm, cancel);
        return await journal.CommitAsync(Lane.Control, [.. Record(id, source, alarm, response), .. response.Works]);
    }

    private IReadOnlyList<Work> Record(string id, AlarmSource source, Alarm alarm, Response response) =>
    [
        AlarmStore.Once(source.Name, alarm.EventId), AlarmStore.Keep(id, source.Name, alarm, clock.NowMs(), response.Leases, response.Acts),
        Told("signal.received", source, id, alarm.Type, $"{alarm.About?.ToString() ?? "nothing that is known here"}: {(response.Acts.Count == 0 ? AlarmRule.Tell : string.Join(", ", response.Acts))}", response.Leases),
    ];

    private Work Told(string type, AlarmSource source, string? id, string cause, string detail, long? count) => (AuditEvent.Of(clock, type, Streams.Control) with
    {
        Actor = source.Actor, Subject = id, Cause = cause, Detail = detail, Count = count, Owners = source.Options.Owners,
    }).On(chain);
}
