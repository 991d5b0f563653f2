using CredentialBroker.Approvals.Intake;

namespace CredentialBroker.Approvals;

/// <summary>
/// One way in which approval sources speak. The URL names the source, the source its format and its keys; only then is
/// anything of the message looked at.
/// </summary>
internal interface ISourceFormat
{
    /// <summary>Longest body, in bytes.</summary>
    int BodyBytes { get; }

    /// <summary>Why a message of this media type is not even read, or null.</summary>
    Verified.Refused? Unfit(Delivery delivery);

    Task<Verified> VerifyAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel);
}

/// <summary>Words of the configuration for the formats and for what proves a CloudEvent's sender.</summary>
internal static class Formats
{
    public const string Jws = "jws", CloudEvents = "cloudevents", CDEvents = "cdevents", GitHub = "github", GitLab = "gitlab", Admission = "admission";

    public const string Webhook = "webhook", Mtls = "mtls", Token = "token";

    public static readonly IReadOnlyList<string> All = [Jws, CloudEvents, CDEvents, GitHub, GitLab, Admission];

    /// <summary>Whether its webhooks only prompt, by a secret that the broker holds too.</summary>
    public static bool OnlyPrompts(string format) => format is GitHub or GitLab;

    /// <summary>Refusal of a media type that the format does not have.</summary>
    public static Verified.Refused Wrong(string expected) =>
        new(Protocol.ReasonCodes.RequestMalformed, $"send Content-Type: {expected}", Authentic: false);
}
