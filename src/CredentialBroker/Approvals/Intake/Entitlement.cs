using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Intake;

/// <summary>Whether a source may approve this, the way it did. Over a limit is refused, never clamped.</summary>
internal static class Entitlement
{
    public static Refusal? Check(ApprovalSource source, ApprovalDocument.Approved document)
    {
        if (!source.MayApproveFor(document.Environment)) return NotEntitled("environment");
        if (!document.Templates.All(source.MayApprove)) return NotEntitled("templates");
        if (Words.Exceeds(document.Tier, source.MaxTier)) return NotEntitled("tier");
        // The options refuse it already; whoever claims first must never be enough for the highest tier.
        if (source.Binding == Binding.FirstClaim && Words.IsGuarded(document.Tier)) return NotEntitled("tier");
        // A shared secret is no proof against its other holder, which is this broker.
        if (source.IsSharedSecret && Words.IsGuarded(document.Tier)) return NotEntitled("tier");
        // What acts on its own was approved by somebody beforehand, for something that was said (R20).
        if (document.Circumstances.IsAutonomous && document.Approvers.Count == 0) return new Refusal(ReasonCodes.ApproversMissing, "approval.approvers names nobody, and the approved workload is autonomous");
        if (document.Circumstances.IsAutonomous && document.Intent is null) return new Refusal(ReasonCodes.ApprovalMalformed, "approval.intent is missing, and the approved workload is autonomous");
        if (SecondPerson.Check(source, document) is { } alone) return alone;
        return BindingFault(source.Binding, document) is { } fault ? new Refusal(ReasonCodes.ApprovalMalformed, fault) : null;
    }

    private static Refusal NotEntitled(string member) => new(ReasonCodes.SourceNotEntitled, $"approval.{member} is outside what this source may approve");

    /// <summary>A document carries what its source's binding rests on, and nothing that would be taken for it and ignored.</summary>
    private static string? BindingFault(Binding binding, ApprovalDocument.Approved document) => binding switch
    {
        Binding.Exact when document.Instance is null => "approval.instance is missing; this source binds exactly",
        Binding.Exact when document.Nonce is not null => "approval.nonce has no use; this source binds exactly",
        Binding.Nonce when document.Nonce is not { Length: >= 16 } => "approval.nonce is missing or shorter than 16 characters",
        Binding.Nonce when document.Instance is not null => "approval.instance has no use; this source binds by nonce",
        Binding.FirstClaim when document.Instance is not null => "approval.instance has no use; this source binds by first claim",
        Binding.FirstClaim when document.Nonce is not null => "approval.nonce has no use; this source binds by first claim",
        _ => null,
    };
}
