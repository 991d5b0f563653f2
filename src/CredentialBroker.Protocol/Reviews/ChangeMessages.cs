namespace CredentialBroker.Protocol.Reviews;

/// <summary>Answer of <c>GET /v1/reviews/would-change</c>: live leases that would not be granted today.</summary>
/// <param name="Leases">Of the leases that were looked at; may be empty although there are more.</param>
/// <param name="Ends">Whether such leases are ended by rule, without anybody asking.</param>
/// <param name="Next">Send as <c>after</c> to look further; null at the end.</param>
public sealed record ChangePage(IReadOnlyList<ChangeView> Leases, bool Ends, string? Next = null);

/// <param name="Lease">Its id.</param>
/// <param name="Template">Its template.</param>
/// <param name="Environment">Its environment.</param>
/// <param name="Target">Where it is honoured.</param>
/// <param name="Workload">URI of the workload.</param>
/// <param name="Instance">The one running thing.</param>
/// <param name="EndsAt">When it ends by itself.</param>
/// <param name="Clause">First clause of policy that fails now.</param>
/// <param name="Code">Its stable reason code.</param>
/// <param name="Detail">What is not so.</param>
public sealed record ChangeView(
    string Lease, string Template, string Environment, string Target, string Workload, string Instance, DateTimeOffset EndsAt, string Clause, string Code, string Detail);
