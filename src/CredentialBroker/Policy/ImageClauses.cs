using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>Is what was approved to run known down to its content, and who made it (R63).</summary>
internal static class ImageClauses
{
    /// <summary>Where the tier is critical, an approval that states an image states a pinned and signed one, whatever the template demands.</summary>
    public static Failure? Image(Judgement claim)
    {
        var (demand, image) = (claim.Template.Image, claim.Approval.Image);
        if (image is null) return demand is null ? null : Refused("the template demands an image, and the approval states none");
        if (!image.IsPinned && (demand is { Digest: true } || claim.IsCritical)) return Refused("the approved image is a tag, which can be moved, and no digest");
        if (demand is { SignedBy.Count: > 0 })
        {
            return image.Signer is { } signer && demand.SignedBy.Contains(signer, StringComparer.Ordinal) ? null : Refused("the approved image is not signed by a party that the template names");
        }

        return claim.IsCritical && image.Signer is null ? Refused("the approved image is not signed, and the tier is critical") : null;
    }

    private static Failure Refused(string detail) => new(ReasonCodes.ImageRefused, detail);
}
