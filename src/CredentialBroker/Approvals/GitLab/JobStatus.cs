namespace CredentialBroker.Approvals.GitLab;

/// <summary>The statuses of a job at GitLab.</summary>
internal static class JobStatus
{
    private static readonly string[] Over = ["success", "failed", "canceled", "skipped"];

    private static readonly string[] Ahead = ["created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "manual", "scheduled"];

    public static bool IsOver(string? status) => Over.Contains(status);

    /// <summary>It runs or is still to run; what is being cancelled is neither this nor over.</summary>
    public static bool IsAhead(string? status) => Ahead.Contains(status);

    public static bool IsKnown(string status) => IsOver(status) || IsAhead(status) || status == "canceling";
}
