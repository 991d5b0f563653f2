using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Incidents;

/// <summary>One bulk revocation as it stands in the store; progress is counted from the leases it took. Times are UTC milliseconds.</summary>
/// <param name="Cursor">The last lease that the walk has passed.</param>
/// <param name="Taken">Leases that the walk took.</param>
internal sealed record Incident(
    string Id, string Selector, string Reason, string AskedBy, long AskedAt, string State, long Previewed, string? ConfirmedBy, string? FreezeId, string Cursor, long Taken,
    string? CancelledBy, long? FinishedAt)
{
    public long? ConfirmedAt { get; init; }
    public long? CancelledAt { get; init; }

    /// <summary>Of this revocation and no other: whoever confirms has seen what it selects and how much that was.</summary>
    public string ConfirmToken => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(null, $"{Id}\n{Selector}\n{Previewed}"))))[..32];

    public bool IsOpen => State is RevocationView.AwaitingConfirmation or RevocationView.Selecting or RevocationView.Ending;
}
