using System.Globalization;

namespace CredentialBroker.Leases;

/// <summary>A lease under the dimension names of selectors, for judging one in memory.</summary>
internal static class LeaseDimensions
{
    public static Func<string, string?> Of(LeaseOfWorkload whole) => name => name switch
    {
        "lease" => whole.Lease.Id,
        "template" => whole.Lease.Template,
        "backend" => whole.Lease.Backend,
        "target" => whole.Lease.Target,
        "environment" => whole.Lease.Environment,
        "state" => Word(whole.Lease.State),
        "task" => whole.Lease.Task,
        "approval" => whole.Lease.ApprovalId,
        "decision" => whole.Lease.DecisionId,
        "workload" => whole.Uri,
        "source" => whole.Source,
        "subject" => whole.Subject,
        "instance" => whole.Instance,
        "cluster" => whole.Cluster,
        "namespace" => whole.Namespace,
        "serviceaccount" => whole.ServiceAccount,
        "pod" => whole.Pod,
        "node" => whole.Node,
        "cause" => whole.Lease.Cause,
        "revocability" => Word(whole.Lease.Revocability),
        "issued" => whole.Lease.CreatedAt.ToString(CultureInfo.InvariantCulture),
        "ends" => whole.Lease.EndsAt.ToString(CultureInfo.InvariantCulture),
        "dies" => whole.Lease.DiesBy.ToString(CultureInfo.InvariantCulture),
        "keyid" => whole.Lease.KeyId,
        "agent" => JsonLists.Lines(whole.Lease.Agents),
        "approver" => JsonLists.Lines(whole.Approvers),
        "image" => whole.Image,
        "container" => whole.Container,
        "issuer" => whole.Issuer,
        "spiffeid" => whole.Uri.StartsWith(SelectorSql.Spiffe, StringComparison.Ordinal) ? whole.Uri : null,
        "tier" => whole.Tier,
        "owner" => whole.Owner,
        _ => null,
    };

    /// <summary>A state or class as selectors write it.</summary>
    public static string Word<T>(T value) where T : struct, Enum =>
        value is LeaseState ? value.ToString().ToLowerInvariant() : value.ToString();
}
