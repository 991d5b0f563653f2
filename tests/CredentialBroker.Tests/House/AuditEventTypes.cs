using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.House;

/// <summary>The types of audit records that the code writes, and what each says.</summary>
internal static partial class AuditEventTypes
{
    private static readonly string[] NotRecords = ["Milestones.Reach", "CreateCounter", "CreateHistogram", "CreateObservableGauge", "LoggerMessage"];

    /// <summary>Types that the code puts together from an effect, or from a kind of record and what became of it.</summary>
    private static readonly string[] PutTogether =
    [
        "approval.denied", "approval.withdrawn",
        .. new[] { "requested", "approved", "refused", "ended" }.SelectMany(what => new[] { $"exception.{what}", $"risk_acceptance.{what}" }),
        .. new[] { "opened", "reviewed", "review_overdue", "ended" }.Select(what => $"breakglass.{what}"),
    ];

    public static IReadOnlyDictionary<string, string> Meanings { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["admission.allowed"] = "A pod was let in as a candidate; its id is the decision's, and the detail names spec, tier and reasons.",
        ["admission.denied"] = "A question of a cluster's API server was answered no.",
        ["admission.entered"] = "Somebody went into a pod that holds leases; `count` says how many.",
        ["bypass.detected"] = "A cluster's API server passed over a webhook that did not answer.",
        ["approval.confirmed"] = "A candidate was seen to be there, and may be claimed.",
        ["approval.denied"] = "A source denied a workload.",
        ["approval.expired"] = "Approvals passed their time; `count` says how many.",
        ["approval.image_refused"] = "A source does not trust an image any more; its approvals that rest on it are withdrawn and their leases end.",
        ["approval.prompted"] = "A source said that there is something to look at; `count` says how much.",
        ["approval.reaffirmed"] = "An approval goes on, since its instance lives and is still allowed; the detail says what was seen.",
        ["approval.received"] = "A source approved a workload.",
        ["approval.rejected"] = "A proven source sent what it may not, or what came too late.",
        ["approval.withdrawn"] = "A source took an approval back; its leases end.",
        ["attestation.failed"] = "Evidence proved nobody; counted by code, one record a second.",
        ["audit.chain_started"] = "First record of a process start; names the chain before it.",
        ["breakglass.ended"] = "Break-glass was ended; its leases end.",
        ["breakglass.opened"] = "A responder opened break-glass; another person must review it.",
        ["breakglass.review_overdue"] = "Nobody reviewed in time; the template is locked for break-glass.",
        ["breakglass.reviewed"] = "Another person reviewed a break-glass, and found it justified or not.",
        ["breakglass.used"] = "A credential was decided under break-glass.",
        ["container.bound"] = "A container that its host's gate let be created is bound to its id and image.",
        ["container.privileged_request"] = "Resources of a container host were asked for, allowed or not; each is a privilege of the record.",
        ["container.refused"] = "The gate of a container host refused a request; the cause is its reason code.",
        ["container.unapproved"] = "A container runs that nobody approved; it gets no credentials.",
        ["host.excepted"] = "An engine that failed the self-test is used under a named exception.",
        ["host.trusted"] = "A container host's engine showed its node everything that it acted on.",
        ["host.untrusted"] = "A container host's engine acts on what it does not show; its approvals are refused.",
        ["lease.not_granted_anew"] = "A live lease would not be granted today, and ends; the detail names the clause.",
        ["velocity.breached"] = "A workload, an intent or an owner was given as much as it may have in a time; its claims are frozen for a while.",
        ["deferral.created"] = "A privileged claim waits, because external policy cannot be asked.",
        ["deferral.resolved"] = "What became of a claim that waited: granted, refused or expired.",
        ["quarantine.entered"] = "A claim was answered from quarantine, because external policy cannot be asked.",
        ["quarantine.left"] = "What became of a claim in quarantine.",
        ["credential.decision"] = "Decision, caller and effective privileges of one claim or renewal.",
        ["credential.issued"] = "A credential was handed out, with its lease.",
        ["credential.outlived_end"] = "A canary's credential is still honoured, later after its end than expected; `count` is milliseconds.",
        ["credential.proved_dead"] = "A canary's credential was refused after its end; `count` is the milliseconds that took.",
        ["credential.used_after_end"] = "A target's log tells that a credential was honoured after its lease was over; `count` says how often.",
        ["credential.used_elsewhere"] = "A target's log tells that a credential was used from another address than its first.",
        ["selector.dropped"] = "A saved selector was dropped.",
        ["selector.saved"] = "A selector was saved under a name.",
        ["credential.renewed"] = "A lease goes on.",
        ["credential.revocation_failed"] = "The first attempt to end a lease failed; it goes on.",
        ["credential.revocation_stuck"] = "Ending a lease has failed often; it goes on.",
        ["credential.revoke_requested"] = "A person or the workload asked for a lease's end.",
        ["credential.revoked"] = "The target confirmed the end, or the credential died by its own expiry.",
        ["credential.used"] = "A credential was seen in use: introspected, or sessions open at its end.",
        ["drift.detected"] = "Something at a target is not as it should be; the cause is the kind of finding, the subject the target.",
        ["exception.approved"] = "A second person approved an exception; it stands.",
        ["exception.ended"] = "An exception is over, by a person or by its window; its leases end.",
        ["exception.refused"] = "An exception was taken back, or its approval was refused.",
        ["exception.requested"] = "A person asked for an exception.",
        ["exception.used"] = "A credential was decided under an exception.",
        ["freeze.lifted"] = "A freeze was lifted.",
        ["freeze.set"] = "Nothing is issued or renewed under a selector.",
        ["hold.lifted"] = "A hold was lifted.",
        ["hold.set"] = "Automatic ends under a selector wait.",
        ["identity.accepted"] = "A person accepted what a workload is now.",
        ["identity.drift"] = "A workload is another identity than it was last seen as; an accepted review of it stands no more.",
        ["identity.refused"] = "A person refused what a workload is now; its leases are judged again.",
        ["identity.reviewed"] = "The effective identity of a workload was reviewed; the cause is the result, the detail its fingerprint.",
        ["incident.cancelled"] = "Somebody called a bulk revocation off; `count` leases had been taken.",
        ["incident.confirmed"] = "Another person confirmed a bulk revocation.",
        ["incident.finished"] = "All `count` leases that a bulk revocation took have ended.",
        ["incident.opened"] = "A responder asked to revoke all that a selector covers, which was `count` leases.",
        ["key.made"] = "A signing key was made; the one before it retires.",
        ["key.retired"] = "A key's private half was erased.",
        ["key.rewrapped"] = "Keys were wrapped under another key-encryption key.",
        ["operator.bootstrap_retired"] = "An admin proved who they are, and the bootstrap token ended.",
        ["operator.refused"] = "Operators were refused at the door; counted by who and code.",
        ["risk_acceptance.approved"] = "A second person approved a risk acceptance; it stands.",
        ["risk_acceptance.ended"] = "A risk acceptance is over, by a person or by its window.",
        ["risk_acceptance.refused"] = "A risk acceptance was taken back, or its approval was refused.",
        ["risk_acceptance.requested"] = "A person asked for a risk acceptance.",
        ["risk_acceptance.used"] = "A fault of external policy was passed over under a risk acceptance.",
        ["secret.accessed"] = "A secret left the broker, to its workload.",
        ["signal.received"] = "A source outside told what it saw, and what the rules do about it was done; the cause is the type, `count` the live leases it was seen at.",
        ["signal.refused"] = "A proven source sent what cannot be read.",
        ["exposure.reported"] = "A credential was found where it must not be; `count` leases are being revoked.",
        ["exposure.dead"] = "What an exposure tells of is ended at its targets; `count` is the milliseconds since its report.",
        ["exposure.overdue"] = "What an exposure tells of is not dead in time.",
        ["target.cut_off"] = "Every session of a role that was issued before a time is refused.",
        ["task.ended"] = "A task is over, and its leases end.",
        ["template.changed"] = "A template was activated.",
        ["template.proposed"] = "A template waits for a second person to activate it.",
    };

    /// <summary>Literals of an event's form in the code that makes records.</summary>
    public static IReadOnlyList<string> InCode() => [.. Directory.EnumerateFiles(RepositoryFiles.PathOf("src/CredentialBroker"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .Where(file => Makes().IsMatch(File.ReadAllText(file)))
        .SelectMany(file => File.ReadLines(file).Where(line => !NotRecords.Any(line.Contains)).SelectMany(line => Literal().Matches(line).Select(m => m.Groups[1].Value)))
        .Concat(PutTogether).Distinct().Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"AuditEvent\b|Streams\.|\brecord\(""|new KeyChange\(")]
    private static partial Regex Makes();

    [GeneratedRegex("\"([a-z_]+\\.[a-z_]+)\"")]
    private static partial Regex Literal();
}
