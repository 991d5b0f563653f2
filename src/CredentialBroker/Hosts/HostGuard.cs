using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosts;

/// <summary>
/// A host approves what runs on it and nothing else, and only while its node is heard and says that the engine shows it what
/// it does. Judged in the commit of the approval, so that none slips in beside the word that it is not trusted any more.
/// </summary>
internal sealed class HostGuard(HostsOptions options, TimeProvider clock) : ISourceGuard
{
    public static string Heard(string source) => $"host heard:{source}";

    public static string Trusted(string source) => $"host trusted:{source}";

    public Refusal? Refuse(ApprovalSource source, ApprovalDocument.Approved document) =>
        options.Sources.ContainsKey(source.Name) && !document.Workload.StartsWith($"docker://{source.Name}/", StringComparison.Ordinal)
            ? new Refusal(ReasonCodes.SourceNotEntitled, "approval.workload does not run on this host")
            : null;

    public IEnumerable<Work> Works(ApprovalSource source)
    {
        if (!options.Sources.TryGetValue(source.Name, out var host)) return [];
        var now = clock.NowMs();
        var since = now - (long)host.SilentAfter.TotalMilliseconds;
        var excepted = string.Join(", ", host.Exceptions.Select(name => $"'{name}'"));
        var orExcepted = excepted.Length == 0 ? "" : $" OR (trust = 'excepted' AND until > @now AND exception IN ({excepted}))";
        return
        [
            new RowGuard(Heard(source.Name), new Statement("SELECT 1 FROM hosts WHERE source = @source AND heard_at > @since") { Values = [("source", source.Name), ("since", since)] },
                new Refusal(ReasonCodes.HostSilent, "the host's node has not been heard for too long")),
            new RowGuard(Trusted(source.Name), new Statement($"SELECT 1 FROM hosts WHERE source = @source AND (trust = 'trusted'{orExcepted})")
            {
                Values = excepted.Length == 0 ? [("source", source.Name)] : [("source", source.Name), ("now", now)],
            }, new Refusal(ReasonCodes.HostUntrusted, "the host's engine does not show its node what it does")),
        ];
    }

    /// <summary>Why approvals of a host are not accepted; null when they are.</summary>
    public static string? Unfit(HostOptions host, HostRow? row, long now) => row switch
    {
        null => ReasonCodes.HostSilent,
        _ when row.HeardAt <= now - (long)host.SilentAfter.TotalMilliseconds => ReasonCodes.HostSilent,
        { Trust: "trusted" } => null,
        { Trust: "excepted", Exception: { } name } when row.Until > now && host.Exceptions.Contains(name, StringComparer.Ordinal) => null,
        _ => ReasonCodes.HostUntrusted,
    };
}
