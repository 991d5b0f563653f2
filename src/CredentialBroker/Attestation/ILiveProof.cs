namespace CredentialBroker.Attestation;

/// <summary>
/// A check of evidence against the world it speaks of, after the evidence itself was proven: whether what it names is there
/// now, and as what. It may add facts and strength; it never replaces a proof.
/// </summary>
internal interface ILiveProof
{
    /// <param name="cluster">Where the workload's source says to look.</param>
    /// <param name="audience">The audience that the token is for.</param>
    Task<Attested> ProveAsync(string cluster, Workload workload, string token, string audience, CancellationToken cancel);
}
