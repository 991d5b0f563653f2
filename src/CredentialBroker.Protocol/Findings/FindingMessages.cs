namespace CredentialBroker.Protocol.Findings;

/// <summary>Something that is not as it should be.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Kind"><c>configuration</c> (changed behind the broker's back), <c>orphan</c> (carries the broker's id and no lease; it was ended), <c>orphans_left</c> (too many to end unasked), <c>store_behind</c> (the target knows of newer leases than the store), or <c>unused</c> (nothing rested on it for long).</param>
/// <param name="Subject">What it is about: <c>postgres/orders</c> for a target, <c>template/orders-read</c>, or <c>source/gate</c>.</param>
/// <param name="Detail">What was found.</param>
/// <param name="FoundAt">When it was first seen.</param>
/// <param name="ResolvedAt">When it was first not seen any more.</param>
public sealed record FindingView(string Id, string Kind, string Subject, string Detail, DateTimeOffset FoundAt, DateTimeOffset? ResolvedAt = null);

/// <summary>Findings, newest first.</summary>
public sealed record FindingList(IReadOnlyList<FindingView> Findings);
