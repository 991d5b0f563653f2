using System.Globalization;
using CredentialBroker.Audit;
using CredentialBroker.Backends.Aws;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Incidents;

/// <summary>Cuts off every session of a role that was issued before a time, and ends the leases that it hits.</summary>
internal sealed class CutOffs(AwsCutOffs aws, Journal journal, AuditChain chain, DueSignal due, TimeProvider clock)
{
    private const int MostListed = 1000;
    private const string Others = "and every session of the role that this broker did not make, issued before; AWS lists and counts none of them";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TimeSpan LongestSession => AwsCutOffs.LongestSession;

    public string? WhyNot(string target, string role) => aws.WhyNot(target, role);

    public async Task<CutOffView> PreviewAsync(string target, string role, long before, CancellationToken cancel)
    {
        var (hit, spared) = await aws.PreviewAsync(role, before, cancel);
        return View(target, role, before, hit, spared, "preview", null);
    }

    /// <summary>What was begun is brought to its end, whatever becomes of the caller. The deny is recorded first, and tried until it stands.</summary>
    public async Task<CutOffView> RunAsync(string target, string role, long before, string reason, string by)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        var (hit, spared) = await aws.PreviewAsync(role, before, limit.Token);
        var told = AuditEvent.Of(clock, "target.cut_off", Streams.Control) with
        {
            Actor = by, Subject = role, Count = hit.Count, Detail = string.Create(CultureInfo.InvariantCulture, $"sessions issued before {DateTimeOffset.FromUnixTimeMilliseconds(before):O}: {reason}"),
        };
        await journal.CommitAsync(Lane.Control, [.. AwsCutOffs.Works(target, role, before), told.On(chain)]);
        // A refusal means that it is over already, which is what was asked for.
        await Task.WhenAll(hit.Select(lease => journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(lease, clock.NowMs(), Causes.Incident))));
        due.Ring();
        string? wrong;
        try
        {
            wrong = await aws.EnforceAsync(target, role, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            wrong = "the provider did not answer in time";
        }

        return View(target, role, before, hit, spared, wrong is null ? "confirmed" : "pending", wrong);
    }

    private static CutOffView View(string target, string role, long before, IReadOnlyList<string> hit, int spared, string state, string? detail) => new(
        target, role, DateTimeOffset.FromUnixTimeMilliseconds(before), DateTimeOffset.FromUnixTimeMilliseconds(before) + LongestSession, [.. hit.Take(MostListed)], hit.Count, spared, Others, state, detail);
}
