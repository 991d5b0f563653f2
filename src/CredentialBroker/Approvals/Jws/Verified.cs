using System.Text.Json;

namespace CredentialBroker.Approvals.Jws;

/// <summary>Outcome of checking the signature and the registered claims around an approval.</summary>
internal abstract record Verified
{
    private Verified() { }

    /// <param name="EventId">The <c>jti</c>.</param>
    /// <param name="KeepUntil">When the same bytes could no longer be accepted, in UTC milliseconds.</param>
    /// <param name="Approval">The member <c>approval</c>.</param>
    internal sealed record As(string EventId, long KeepUntil, JsonElement Approval) : Verified;

    /// <param name="Authentic">Whether the source's signature verified, so that the refusal is recorded.</param>
    internal sealed record Refused(string Code, string Detail, bool Authentic) : Verified;
}

/// <summary>Proves who signed a body, with the keys of the source that the URL named and no other's.</summary>
internal delegate Task<Verified> Verify(ApprovalSource source, ReadOnlyMemory<byte> body, CancellationToken cancel);
