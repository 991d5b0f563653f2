using System.Text.Json;
using CredentialBroker.Approvals.CloudEvents;
using CredentialBroker.Approvals.Intake;

namespace CredentialBroker.Approvals.CDEvents;

/// <summary>The parts of a CDEvent that are used (CDEvents specification, "context" and "subject"), read strictly.</summary>
/// <param name="SubjectType">As <c>subject.type</c> says; 0.5 leaves it out.</param>
/// <param name="Approval">The member <c>customData.approval</c>, or undefined.</param>
internal sealed record CDEvent(string SubjectId, string? SubjectType, JsonElement Content, JsonElement Approval)
{
    /// <summary>The CloudEvent around it repeats its context (CloudEvents binding for CDEvents); where they differ it is refused.</summary>
    public static CDEvent? Read(CloudEvent cloudEvent, out string? fault)
    {
        var outer = new Members(cloudEvent.Data, "event.data");
        var context = new Members(outer.Any("context") ?? default, "event.data.context");
        if (context.Text("version", 32) is null & context.Text("specversion", 32) is null) context.Fail("specversion", "is missing");
        if (context.NeedText("id", 128) != cloudEvent.Id) context.Fail("id", "is not the event's");
        if (context.NeedText("source", 512) != cloudEvent.Source) context.Fail("source", "is not the event's");
        if (context.NeedText("type", 128) != cloudEvent.Type) context.Fail("type", "is not the event's");
        context.NeedText("timestamp", 40);
        foreach (var unused in (string[])["chainId", "schemaUri"]) context.Text(unused, 512);
        context.Any("links");
        context.NoOthers();

        var subject = new Members(outer.Any("subject") ?? default, "event.data.subject");
        var (id, type, content) = (subject.NeedText("id", 256), subject.Text("type", 63), subject.Any("content") ?? default);
        subject.Text("source", 512);
        subject.NoOthers();
        if (cloudEvent.Subject is { } named && named != id) subject.Fail("id", "is not the event's subject");
        if (outer.Text("customDataContentType", 64) is not (null or "application/json")) outer.Fail("customDataContentType", "is not application/json");
        outer.Text("schemaUri", 512);
        var custom = outer.Any("customData");
        outer.NoOthers();
        fault = outer.Fault ?? context.Fault ?? subject.Fault;
        if (fault is not null) return null;
        var approval = custom is { ValueKind: JsonValueKind.Object } its && its.TryGetProperty("approval", out var document) ? document : default;
        return new CDEvent(id, type, content, approval);
    }

    /// <summary>Why its subject is not of this type; null when it is, or does not say.</summary>
    public Parsed? IsOf(string type) =>
        SubjectType is null || SubjectType == type ? null : new Parsed.Malformed("event.data.subject.type is not the event type's");

    /// <summary>The broker's document inside.</summary>
    public Parsed Document(string effect) => Approval.ValueKind == JsonValueKind.Object
        ? DocumentReader.Read(Approval, effect)
        : new Parsed.Malformed("event.data.customData.approval is missing");
}
