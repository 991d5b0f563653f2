using CredentialBroker.Approvals.Intake;

namespace CredentialBroker.Approvals.CloudEvents;

/// <summary>What an event of this type says, its sender being proven.</summary>
internal delegate Parsed Vocabulary(CloudEvent cloudEvent);

/// <summary>The broker's own event types: <c>dev.credbroker.approval.</c> and the effect, with the document as <c>data</c>.</summary>
internal static class OwnVocabulary
{
    public const string Prefix = "dev.credbroker.approval.";

    private static readonly string[] Effects = ["approved", "denied", "withdrawn", "task_finished"];

    /// <summary>The effect that an event type names, or null.</summary>
    public static string? EffectOf(string type) =>
        type.StartsWith(Prefix, StringComparison.Ordinal) && Effects.Contains(type[Prefix.Length..], StringComparer.Ordinal) ? type[Prefix.Length..] : null;

    public static Parsed Read(CloudEvent cloudEvent)
    {
        if (EffectOf(cloudEvent.Type) is not { } effect) return new Parsed.OtherType($"event.type is none of {Prefix}{{{string.Join(", ", Effects)}}}");
        if (cloudEvent.ContentType is not (null or "application/json")) return new Parsed.Malformed("event.datacontenttype is not application/json");
        return DocumentReader.Read(cloudEvent.Data, effect);
    }
}
