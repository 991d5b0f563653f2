using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Cli.Output;

/// <summary>Leases for people.</summary>
internal static class LeaseText
{
    public static void Table(Shell shell, IReadOnlyList<LeaseView> leases)
    {
        var table = new Table("LEASE", "STATE", "TEMPLATE", "TARGET", "WORKLOAD", "ENDS", "CAUSE", "REVOCABILITY");
        foreach (var lease in leases)
        {
            table.Add(lease.Id, lease.Stuck ? $"{lease.State} (stuck)" : lease.State, lease.Template, $"{lease.Backend}/{lease.Target}", lease.Workload,
                Times.Of(lease.EndsAt), lease.Cause, lease.Revocability.ToString());
        }

        table.Write(shell);
    }

    public static void Details(Shell shell, LeaseView lease) => Output.Details.Write(shell,
        ("lease", lease.Id),
        ("state", lease.Stuck ? $"{lease.State} (stuck: ending failed often and is retried)" : lease.State),
        ("template", $"{lease.Template} (revision {lease.TemplateRevision})"),
        ("target", $"{lease.Backend}/{lease.Target}"),
        ("environment", lease.Environment),
        ("workload", lease.Workload),
        ("source", lease.Source),
        ("instance", lease.Instance),
        ("task", lease.Task),
        ("approval", lease.Approval),
        ("decision", lease.Decision),
        ("issued", Times.Of(lease.IssuedAt)),
        ("ends", $"{Times.Of(lease.EndsAt)} ({lease.EndsBecause})"),
        ("renewable until", Times.Of(lease.MaxEndsAt)),
        ("dead by itself", Times.Of(lease.DiesBy)),
        ("revocability", lease.Revocability.ToString()),
        ("cause", lease.Cause),
        ("ended", Times.Of(lease.EndedAt)),
        ("seen dead", lease.SeenDeadAt is { } dead ? string.Create(CultureInfo.InvariantCulture, $"{Times.Of(dead)} ({lease.TimeToDeadMs} ms after its end was asked for)") : null),
        ("seen alive", lease.SeenAliveAt is { } alive && lease.SeenDeadAt is null ? $"{Times.Of(alive)}, later than expected" : null),
        ("failed attempts", lease.Attempts == 0 ? null : lease.Attempts.ToString(CultureInfo.InvariantCulture)),
        ("last error", lease.LastError),
        ("fingerprint", lease.Fingerprint));

    /// <summary>What can still be done with the credential, in one line.</summary>
    public static string Standing(LeaseView lease) => lease switch
    {
        { State: "ended" } => $"lease {lease.Id} has ended{(lease.EndedAt is { } at ? $" at {Times.Of(at)}" : "")}",
        { Revocability: Revocability.ExpiryOnly } => $"lease {lease.Id} is {lease.State}; nothing ends its credential before its own expiry at {Times.Of(lease.DiesBy)}",
        _ => $"lease {lease.Id} is {lease.State}; its credential is dead at {Times.Of(lease.DiesBy)} at the latest{(lease.LastError is { } error ? $"; last error: {error}" : "")}",
    };
}
