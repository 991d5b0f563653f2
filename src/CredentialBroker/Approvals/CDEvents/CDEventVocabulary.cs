using System.Text.Json;
using System.Text.RegularExpressions;
using CredentialBroker.Approvals.CloudEvents;
using CredentialBroker.Approvals.Intake;

namespace CredentialBroker.Approvals.CDEvents;

/// <summary>
/// What CDEvents (0.4, 0.5; the approval subject of the 0.6 draft) say about approvals and tasks. A CDEvent knows no
/// templates and no workload: where it approves, <c>customData.approval</c> holds the broker's document, and what both
/// tell must agree. Any other type is refused.
/// </summary>
internal static partial class CDEventVocabulary
{
    private const string Approved = "approved", Denied = "denied", Withdrawn = "withdrawn", Finished = "task_finished";

    public static Parsed Read(CloudEvent cloudEvent)
    {
        if (TypeForm().Match(cloudEvent.Type) is not { Success: true } type) return new Parsed.OtherType("event.type is no CDEvent of version 0.1 to 0.3");
        if (cloudEvent.ContentType is not (null or "application/json")) return new Parsed.Malformed("event.datacontenttype is not application/json");
        if (CDEvent.Read(cloudEvent, out var fault) is not { } read) return new Parsed.Malformed(fault!);
        return type.Groups[1].Value switch
        {
            "taskrun.finished" => read.IsOf("taskRun") ?? Finish(read),
            "pipelinerun.finished" => read.IsOf("pipelineRun") ?? Finish(read),
            "service.deployed" or "service.upgraded" => read.IsOf("service") ?? Deployed(read, Approved),
            "service.removed" or "service.rolledback" => read.IsOf("service") ?? Deployed(read, Withdrawn),
            "approval.closed" => read.IsOf("approval") ?? Closed(read),
            _ => new Parsed.OtherType("event.type is a CDEvent that neither approves nor ends anything here"),
        };
    }

    private static Parsed.As Finish(CDEvent read) => new(new ApprovalDocument.TaskFinished(read.SubjectId));

    /// <summary>A deployment that goes on, or one that is taken back; the environment it names is the document's.</summary>
    private static Parsed Deployed(CDEvent read, string effect)
    {
        var content = new Members(read.Content, "event.data.subject.content");
        var environment = new Members(content.Any("environment") ?? default, "event.data.subject.content.environment");
        var name = environment.NeedText("id", 63);
        foreach (var unused in (string[])["source", "name", "uri"]) environment.Text(unused, 512);
        environment.NoOthers();
        content.Text("artifactId", 512);
        content.NoOthers();
        if ((content.Fault ?? environment.Fault) is { } fault) return new Parsed.Malformed(fault);
        var parsed = read.Document(effect);
        return parsed is Parsed.As { Document: ApprovalDocument.Approved approved } && approved.Environment != name
            ? new Parsed.Malformed("event.data.subject.content.environment is not the approval's")
            : parsed;
    }

    /// <summary>Somebody answered: <c>decision</c> says how, and who asked and who answered are the document's.</summary>
    private static Parsed Closed(CDEvent read)
    {
        var content = new Members(read.Content, "event.data.subject.content");
        var decision = content.NeedText("decision", 63);
        var (requestor, responder) = (content.NeedText("requestor", 256), content.NeedText("responder", 256));
        foreach (var unused in (string[])["approvalDetailsUrl", "resourceTargetUrl", "status"]) content.Text(unused, 512);
        content.NoOthers();
        if (content.Fault is { } fault) return new Parsed.Malformed(fault);
        if (decision is not (Approved or "rejected" or Denied)) return new Parsed.Malformed("event.data.subject.content.decision is neither approved nor rejected");
        var parsed = read.Document(decision == Approved ? Approved : Denied);
        return parsed is Parsed.As { Document: ApprovalDocument.Approved approved } && (approved.Requester != requestor || !approved.Approvers.Contains(responder, StringComparer.Ordinal))
            ? new Parsed.Malformed("event.data.subject.content.requestor and responder are not the approval's requester and one of its approvers")
            : parsed;
    }

    [GeneratedRegex(@"\Adev\.cdevents\.([a-z]+\.[a-z]+)\.0\.[1-3]\.[0-9](?:-draft)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex TypeForm();
}
