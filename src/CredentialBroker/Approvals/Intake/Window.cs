using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Intake;

/// <summary>When an approval may be claimed and until when it holds, in UTC milliseconds (R49, R52).</summary>
internal sealed record Window(long? NotBefore, long ClaimBy, long ValidUntil)
{
    /// <summary>The window a document asks for, or why it cannot have it.</summary>
    public static (Window? Window, Refusal? Refusal) Of(ApprovalSource source, ApprovalDocument.Approved document, long received)
    {
        var validUntil = document.ValidUntil * 1000 ?? received + Milliseconds(source.Options.MaxValidity);
        var claimBy = document.ClaimBy * 1000 ?? Math.Min(validUntil, received + Milliseconds(source.Options.ClaimWindow));
        var notBefore = document.NotBefore * 1000;
        if (validUntil <= received || claimBy <= received) return (null, new Refusal(ReasonCodes.ApprovalExpired, "the approval's window is over"));
        if (claimBy > received + Milliseconds(Limits.ClaimWindow)) return Malformed("approval.claimBy is more than 15 minutes away");
        if (validUntil > received + Milliseconds(source.Options.MaxValidity)) return Malformed("approval.validUntil is later than this source may ask for");
        if (claimBy > validUntil) return Malformed("approval.claimBy is after validUntil");
        if (notBefore >= claimBy) return Malformed("approval.notBefore is not before claimBy");
        return (new Window(notBefore, claimBy, validUntil), null);
    }

    private static (Window?, Refusal?) Malformed(string detail) => (null, new Refusal(ReasonCodes.ApprovalMalformed, detail));

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;
}
