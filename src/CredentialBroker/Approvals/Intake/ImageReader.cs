using System.Text.Json;

namespace CredentialBroker.Approvals.Intake;

/// <summary>Reads the member <c>image</c>: which image runs, and what became of verifying who signed it.</summary>
internal static class ImageReader
{
    private static readonly string[] Verdicts = [ImageFacts.Verified, "failed", "unsigned"];

    public static ImageFacts Read(Members outer, JsonElement element)
    {
        var members = new Members(element, "approval.image");
        var image = new ImageFacts(
            members.NeedText("reference", 512), members.NeedText("verdict", 63), members.Text("issuer", 256), members.Text("subject", 512));
        if (image.Reference.Any(char.IsWhiteSpace)) members.Fail("reference", "has white space");
        if (!Verdicts.Contains(image.Verdict, StringComparer.Ordinal)) members.Fail("verdict", "is none of verified, failed, unsigned");
        if (image.Verdict == ImageFacts.Verified && image.Signer is null) members.Fail("verdict", "is verified without issuer and subject");
        if (image.Verdict != ImageFacts.Verified && (image.Issuer ?? image.Subject) is not null) members.Fail("verdict", "names a signer and is not verified");
        members.NoOthers();
        if (members.Fault is { } fault) outer.Fail("image", $"is unfit: {fault}");
        return image;
    }
}
