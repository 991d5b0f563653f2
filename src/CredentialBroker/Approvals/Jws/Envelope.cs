using System.Text.Json;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.Jws;

/// <summary>The payload around an approval, once its signature, issuer, audience and times were judged.</summary>
internal static class Envelope
{
    /// <summary>Judged before, or, as <c>sub</c> and <c>nbf</c>, added by some signers always and of no meaning here.</summary>
    private static readonly string[] Registered = ["iss", "aud", "iat", "exp", "nbf", "sub"];

    public static Verified Read(JsonElement payload, long keepUntil)
    {
        var members = new Members(payload, "payload");
        foreach (var name in Registered) members.Any(name);
        var eventId = members.NeedText("jti", 128);
        var approval = members.Any("approval");
        members.NoOthers();
        if (approval is null) members.Fail("approval", "is missing");
        if (!Text.IsEventId(eventId)) members.Fail("jti", "is not of A-Z a-z 0-9 . _ : -");
        return members.Fault is { } fault
            ? new Verified.Refused(ReasonCodes.ApprovalMalformed, fault, Authentic: true)
            : DocumentReader.Read(approval!.Value).Under([eventId], keepUntil);
    }
}
