namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// What an export says first when its oldest records were dropped: enough to go on computing tree and chains, so that a
/// signed checkpoint over all of them still proves what is left.
/// </summary>
/// <param name="Size">How many records were dropped: the position of the first that is left.</param>
/// <param name="Frontier">Roots of the perfect subtrees over them, largest first, base64.</param>
/// <param name="Chains">Where each chain that was begun before stood.</param>
public sealed record AbsentRecords(long Size, IReadOnlyList<string> Frontier, IReadOnlyList<ChainHead> Chains);

/// <summary>The newest dropped record of a chain.</summary>
/// <param name="Chain">Number of the chain.</param>
/// <param name="Seq">Place of that record.</param>
/// <param name="Hash">Its hash, 64 hexadecimal characters.</param>
public sealed record ChainHead(long Chain, long Seq, string Hash);
