using System.Text.Json;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>Uses a session for what its template names as harmless.</summary>
internal static class AwsUse
{
    /// <summary>Answers that the session itself is refused; a signature that is wrong, or a clock, is none of them.</summary>
    private static readonly HashSet<string> Refusals =
    [
        "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InvalidAccessKeyId",
        "UnrecognizedClientException", "InvalidToken", "TokenRefreshRequired",
    ];

    public static async ValueTask<Probe> TryAsync(AwsWire wire, AwsProbe probe, Secret secret, CancellationToken cancel)
    {
        var answer = await wire.GetAsync(AwsSession.Of(secret), probe, cancel);
        if (answer.IsSuccess) return Probe.Alive;
        if ((int)answer.Status is >= 400 and < 500 && ErrorOf(answer) is { } error && Refusals.Contains(error)) return Probe.Dead;
        throw new BackendException(AwsBackend.Word, ReasonCodes.TargetUnavailable, $"the proof's request was answered with status {(int)answer.Status}, which says neither that the session is honoured nor that it is not", transient: true);
    }

    private static string? ErrorOf(WireAnswer answer)
    {
        if (AwsAnswer.ErrorOf(AwsAnswer.Parse(answer.Body)) is { } told) return told;
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return null;
            // Written as namespace#name by some services.
            return (json.RootElement.Text("__type") ?? json.RootElement.Text("code"))?.Split('#')[^1];
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
