namespace CredentialBroker.Reviews.Identity;

/// <summary>Check 4 (R57): every credential it has is a lease, which has a time to live and an end that is told. One that is none fails.</summary>
internal static class Bounded
{
    public static void Look(Subject subject, Notes notes, Held held)
    {
        foreach (var template in subject.Around.Templates.Where(template => template.Matches(subject.Workload)).OrderBy(template => template.Name, StringComparer.Ordinal))
        {
            notes.Item($"leases of template {template.Name}", $": {template.Lives}");
        }

        foreach (var credential in held.NotLeased) notes.Fail($"{credential} is no lease: nothing ends it when the task is over");
        if (held.HasEvidence) notes.Item("evidence for this broker, which grants nothing by itself");
        else if (held.NotLeased.Count == 0) notes.Item("no credential, and no evidence by which it could claim one");
    }
}
