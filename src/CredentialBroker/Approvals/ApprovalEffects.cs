using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>What one document does: its works, and what it is about.</summary>
internal sealed record Effect(Lane Lane, IReadOnlyList<Work> Works, ApprovalArrived Arrived);

/// <summary>Turns a document into the works that make it true, or says why it may not be.</summary>
internal sealed class ApprovalEffects(ApprovalStore approvals, ApprovalRecords records, EndOfTask endOfTask, TimeProvider clock)
{
    public async Task<(Effect? Effect, Refusal? Refusal)> PlanAsync(ApprovalSource source, Verified.As verified, CancellationToken cancel)
    {
        IReadOnlyList<EventOnce> once = [.. verified.Events.Select(e => new EventOnce(source.Name, e, verified.KeepUntil))];
        return verified.Document switch
        {
            ApprovalDocument.Approved approved => Approve(source, once, approved),
            ApprovalDocument.Stopped stopped => (await StopAsync(source, once, stopped, cancel), null),
            ApprovalDocument.TaskFinished finished => (Finish(source, once, finished), null),
            ApprovalDocument.ImageRefused refused => (RefuseImage(source, once, refused.Digest), null),
            _ => throw new InvalidOperationException($"no effect for {verified.Document.GetType().Name}"),
        };
    }

    private (Effect?, Refusal?) Approve(ApprovalSource source, IReadOnlyList<EventOnce> once, ApprovalDocument.Approved document)
    {
        if (Entitlement.Check(source, document) is { } refusal) return (null, refusal);
        var received = clock.NowMs();
        var (window, late) = Window.Of(source, document, received);
        if (window is null) return (null, late);
        var approval = new Approval
        {
            Id = Ids.New(clock),
            Source = source.Name,
            Reference = document.Reference,
            // What an admission gate signs has passed the gate; sources that only announce begin as candidates.
            State = ApprovalState.Confirmed,
            Environment = document.Environment,
            Templates = document.Templates,
            WorkloadUri = document.Workload,
            Instance = document.Instance,
            Nonce = document.Nonce,
            Binding = source.Binding,
            Facts = document.Facts,
            Image = document.Image,
            Task = document.Task,
            Tier = document.Tier,
            Intent = document.Intent,
            Requester = document.Requester,
            Approvers = document.Approvers,
            ReceivedAt = received,
            NotBefore = window.NotBefore,
            ClaimBy = window.ClaimBy,
            ValidUntil = window.ValidUntil,
            MaxUses = document.MaxUses,
            Uses = 0,
            Circumstances = document.Circumstances,
        };
        var arrived = new ApprovalArrived(source.Name, "approved", approval.Id, approval.Reference, approval.Task);
        return (new Effect(Lane.Issuing, [.. once, new ApprovalArrival(approval), records.Received(source, approval, once[0].EventId)], arrived), null);
    }

    private async Task<Effect> StopAsync(ApprovalSource source, IReadOnlyList<EventOnce> once, ApprovalDocument.Stopped document, CancellationToken cancel)
    {
        var found = await approvals.FindAsync(source.Name, document.Reference, cancel);
        var stopped = (found ?? Unseen(source, document)) with { State = document.State };
        var effect = document.State == ApprovalState.Denied ? "denied" : "withdrawn";
        return new Effect(
            Lane.Control,
            [.. once, new ApprovalStop(stopped, found?.Id), records.Stopped(source, stopped, effect, once[0].EventId)],
            new ApprovalArrived(source.Name, effect, stopped.Id, stopped.Reference, stopped.Task));
    }

    private Effect Finish(ApprovalSource source, IReadOnlyList<EventOnce> once, ApprovalDocument.TaskFinished document) => new(
        Lane.Control,
        [.. once, .. endOfTask.Works(document.Task, $"source:{source.Name}", source.Name)],
        new ApprovalArrived(source.Name, "task_finished", null, null, document.Task));

    /// <summary>Every live approval of this source that rests on the image is withdrawn with it.</summary>
    private Effect RefuseImage(ApprovalSource source, IReadOnlyList<EventOnce> once, string digest) => new(
        Lane.Control,
        [
            .. once,
            new PlainWrite("UPDATE approvals SET state = @withdrawn WHERE source = @source AND image_digest = @digest AND state IN (1, 2, 3)",
                ("withdrawn", (long)ApprovalState.Withdrawn), ("source", source.Name), ("digest", digest)),
            records.ImageRefused(source, digest, once[0].EventId),
        ],
        new ApprovalArrived(source.Name, "image_refused", null, null, null) { Image = digest });

    /// <summary>What is kept of a stop that came before its approval: nothing but the name and the state.</summary>
    private Approval Unseen(ApprovalSource source, ApprovalDocument.Stopped document)
    {
        var now = clock.NowMs();
        return new Approval
        {
            Id = Ids.New(clock),
            Source = source.Name,
            Reference = document.Reference,
            State = document.State,
            Environment = "",
            Templates = [],
            WorkloadUri = "",
            Binding = source.Binding,
            Facts = new Dictionary<string, string>(),
            Tier = "",
            ReceivedAt = now,
            ClaimBy = now,
            ValidUntil = now + (long)Limits.Validity.TotalMilliseconds,
            MaxUses = 1,
            Uses = 0,
        };
    }
}
