namespace CredentialBroker.Protocol;

/// <summary>Which audit records are wanted; all that is given must hold.</summary>
/// <param name="Stream">Name of a stream: <c>issuance</c>, <c>use</c>, <c>access</c> or <c>control</c>.</param>
/// <param name="Type">Type of record, such as <c>credential.issued</c>.</param>
/// <param name="Lease">Id of the lease the records are about.</param>
/// <param name="Since">Earliest time of a record, to the millisecond; inclusive.</param>
/// <param name="Tail">Only the newest so many, at most 10,000; null for every one, which alone can be verified.</param>
public sealed record AuditFilter(string? Stream = null, string? Type = null, string? Lease = null, DateTimeOffset? Since = null, int? Tail = null);
