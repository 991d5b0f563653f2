namespace CredentialBroker.Protocol.Workload;

/// <summary>
/// How one lease of the workload stands: the data of an event <c>lease</c> in the stream of <c>GET /v1/workload/events</c>.
/// The stream begins with every live lease, and then tells each change.
/// </summary>
/// <param name="Lease">Identifier.</param>
/// <param name="State"><c>pending</c>, <c>active</c>, <c>ending</c> or <c>ended</c>. From <c>ending</c> on its credential is not to be used.</param>
/// <param name="EndsAt">When it is over.</param>
/// <param name="EndsBecause">Why then, such as <c>ttl</c>, <c>task_end</c> or <c>revoked</c>.</param>
/// <param name="Frozen">A freeze is in force for it: it is not renewed, and its credential is not to be used until the freeze is lifted.</param>
/// <param name="RenewBy">Until when it can be renewed; absent once it has reached its longest life.</param>
public sealed record LeaseStanding(string Lease, string State, DateTimeOffset EndsAt, string EndsBecause, bool Frozen = false, DateTimeOffset? RenewBy = null);
