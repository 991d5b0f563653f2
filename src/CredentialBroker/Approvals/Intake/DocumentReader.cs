using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.Intake;

/// <summary>Reads what a source says: only known members, each of bounded size, none that its effect has no use for.</summary>
internal static class DocumentReader
{
    private static readonly string[] Schemes = ["k8s://", "spiffe://", "github://", "gitlab://", "oidc://", "docker://", "aws://", "azure://", "gcp://"];

    private const int Name = 63, Line = 256, Long = 512;

    /// <param name="effect">What the event around it says that it does; null when the document says so itself.</param>
    public static Parsed Read(JsonElement approval, string? effect = null)
    {
        var members = new Members(approval, "approval");
        ApprovalDocument? document = (effect ?? members.NeedText("effect", Name)) switch
        {
            "approved" => Approved(members),
            "denied" => new ApprovalDocument.Stopped(members.NeedText("ref", Line), ApprovalState.Denied),
            "withdrawn" => new ApprovalDocument.Stopped(members.NeedText("ref", Line), ApprovalState.Withdrawn),
            "task_finished" => new ApprovalDocument.TaskFinished(members.NeedText("task", Line)),
            "image_refused" => new ApprovalDocument.ImageRefused(members.NeedText("digest", Name + 8)),
            _ => null,
        };
        if (document is null) members.Fail("effect", "is none of approved, denied, withdrawn, task_finished, image_refused");
        if (document is ApprovalDocument.ImageRefused { Digest: var digest } && !ImageFacts.IsDigest(digest)) members.Fail("digest", "is no digest such as sha256: and 64 lower-case hexadecimal digits");
        members.NoOthers();
        return members.Fault is { } fault ? new Parsed.Malformed(fault) : new Parsed.As(document!);
    }

    private static ApprovalDocument.Approved Approved(Members members)
    {
        var document = new ApprovalDocument.Approved
        {
            Reference = members.NeedText("ref", Line),
            Environment = members.NeedText("environment", Name),
            Templates = members.Texts("templates", most: 32, Name),
            Workload = members.NeedText("workload", Long),
            Instance = members.Text("instance", Line),
            Nonce = members.Text("nonce", Line),
            Facts = members.Pairs("facts", most: 16, Line),
            Image = members.Any("image") is { } image ? ImageReader.Read(members, image) : null,
            Task = members.Text("task", Line),
            Tier = members.NeedText("tier", Name),
            Intent = members.Any("intent") is { } intent ? ReadIntent(members, intent) : null,
            Requester = members.Text("requester", Line),
            Approvers = members.Texts("approvers", most: 32, Line),
            NotBefore = Seconds(members, "notBefore"),
            ClaimBy = Seconds(members, "claimBy"),
            ValidUntil = Seconds(members, "validUntil"),
            MaxUses = (int)(members.Number("maxUses", 1, 1000) ?? 1),
            Circumstances = CircumstancesReader.Read(members),
        };
        if (document.Templates.Count == 0) members.Fail("templates", "is missing or empty");
        if (document.Templates.Any(t => !Text.IsName(t))) members.Fail("templates", "names something that is no template's name");
        if (!Words.Tiers.Contains(document.Tier)) members.Fail("tier", "is none of low, standard, critical, privileged");
        if (!IsWorkload(document.Workload)) members.Fail("workload", "is no workload URI such as k8s://prod-eu/shop/checkout, without a wildcard");
        return document;
    }

    private static Intent ReadIntent(Members outer, JsonElement element)
    {
        var members = new Members(element, "approval.intent");
        var intent = new Intent(members.Texts("scopes", most: 32, Line), members.Pairs("parameters", most: 16, Line), members.Text("purpose", Long));
        members.NoOthers();
        if (members.Fault is { } fault) outer.Fail("intent", $"is unfit: {fault}");
        return intent;
    }

    /// <summary>Unix seconds up to the year 9999, so that no later arithmetic overflows.</summary>
    private static long? Seconds(Members members, string name) => members.Number(name, 1, 253_402_300_799);

    private static bool IsWorkload(string text) =>
        Schemes.Any(s => text.StartsWith(s, StringComparison.Ordinal) && text.Length > s.Length)
        && !text.EndsWith('/')
        && !text.EndsWith("/*", StringComparison.Ordinal)
        && !text.Any(char.IsWhiteSpace);
}
