using CredentialBroker.Audit;
using CredentialBroker.Controls;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;

namespace CredentialBroker.Issuance.Velocities;

/// <summary>
/// How fast leases are given: counted in the commit that opens them, for the workload, its purpose and its owner (R18). Whoever passes a bound is
/// frozen for a while, and told so in the record that raises the alarm.
/// </summary>
internal sealed class VelocityLimits(ControlStore controls, AuditChain chain, TimeProvider clock)
{
    /// <summary>What a claim counts for; nothing for most.</summary>
    public static IEnumerable<Work> Uses(Facts facts)
    {
        if (LimitsOf(facts) is not { } limits) yield break;
        foreach (var (counted, most) in Counted(facts, limits))
        {
            var slot = facts.Now / limits.Per;
            yield return new VelocityUse(counted, slot, most, (slot + 1) * limits.Per);
        }
    }

    /// <summary>Freezes the claims of this instance for the template, with the alarm; nothing for another refusal.</summary>
    public IReadOnlyList<Work> Suspension(Facts facts, Refusal refusal)
    {
        if (refusal.Code != ReasonCodes.Velocity || LimitsOf(facts) is not { } limits) return [];
        var (freeze, works) = controls.Freezing(string.Join(',', [Is("template", facts.Template!.Name), Is("source", facts.Workload.Source), Is("instance", facts.Workload.Instance)]), refusal.Detail, "broker", facts.Now + limits.Freeze);
        return [.. works, (AuditEvent.Of(clock, "velocity.breached", Streams.Control) with
        {
            Approval = facts.Approval?.Id,
            Template = facts.Template.Name,
            Environment = facts.Template.Environment,
            Owners = facts.Template.Owners,
            Actor = facts.Workload.Uri,
            Subject = facts.Workload.Instance,
            Cause = freeze.Id,
            Detail = refusal.Detail,
        }).On(chain)];
    }

    private static string Is(string dimension, string value) => new Term(dimension, Comparison.Is, [value], Position: 0).ToString();

    private static Velocity? LimitsOf(Facts facts) => facts.Template?.Velocity ?? (facts.Approval?.Circumstances.IsAutonomous == true ? Velocity.Autonomous : null);

    private static IEnumerable<(string Counted, int Most)> Counted(Facts facts, Velocity limits)
    {
        var template = facts.Template!.Name;
        if (limits.Workload is { } workload) yield return ($"{template} workload {facts.Workload.Source}/{facts.Workload.Instance}", workload);
        if (limits.Intent is { } intent && (facts.Ask.Intent?.Purpose ?? facts.Approval!.Intent?.Purpose) is { } purpose) yield return ($"{template} intent {purpose}", intent);
        if (limits.Owner is { } owner && facts.Approval!.Circumstances.Owner is { } answers) yield return ($"{template} owner {answers}", owner);
    }
}
