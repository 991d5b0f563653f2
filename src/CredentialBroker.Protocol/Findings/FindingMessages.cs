namespace CredentialBroker.Protocol.Findings;

/// <summary>Something that is not as it should be.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Kind"><c>configuration</c> (changed behind the broker's back), <c>orphan</c> (carries the broker's id and no lease; it was ended), <c>orphans_left</c> (too many to end unasked), <c>store_behind</c> (the target knows of newer leases than the store), <c>unused</c> (nothing rested on it for long), or of identities <c>identity</c> (a check of its review fails), <c>shared_identity</c>, <c>role_spread</c> (one image, different roles in different clusters), <c>wide_service_account</c> (bound in many namespaces) and <c>sidecar</c> (what breaks the wall around the container that is served).</param>
/// <param name="Subject">What it is about: <c>postgres/orders</c> for a target, <c>template/orders-read</c>, <c>source/gate</c>, <c>exception/…</c>, <c>selector/…</c>, <c>workload/…</c>, <c>identity/…</c>, <c>cloud/…</c> or <c>image/…</c>.</param>
/// <param name="Detail">What was found.</param>
/// <param name="FoundAt">When it was first seen.</param>
/// <param name="ResolvedAt">When it was first not seen any more.</param>
public sealed record FindingView(string Id, string Kind, string Subject, string Detail, DateTimeOffset FoundAt, DateTimeOffset? ResolvedAt = null);

/// <summary>Findings, newest first.</summary>
public sealed record FindingList(IReadOnlyList<FindingView> Findings);
