namespace CredentialBroker.Issuance;

/// <summary>The fingerprint of a workload's identity that a person accepted and that it still has; null when there is none.</summary>
/// <param name="workload">URI of the workload.</param>
/// <param name="cancel">Ends the wait.</param>
internal delegate Task<string?> ReviewedIdentity(string workload, CancellationToken cancel);
