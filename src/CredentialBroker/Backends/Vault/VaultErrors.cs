using System.Globalization;
using System.Net;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>What Vault's status codes mean for the broker. Only the number is passed on.</summary>
internal static class VaultErrors
{
    /// <summary>A call that did not do what was asked.</summary>
    /// <param name="code">The reason where Vault itself refused.</param>
    public static BackendException Of(VaultAnswer answer, string code, string doing)
    {
        var status = (int)answer.Status;
        var (meaning, up) = status switch
        {
            202 => ("it was only queued", true),
            >= 200 and < 300 => ("the answer does not have the documented form", true),
            >= 300 and < 400 => ("a redirect, as a standby gives; it is not followed", false),
            400 => ("refused, or not confirmed where the credential is honoured", true),
            403 => ("permission denied, or the token is over", true),
            404 => ("nothing is there", true),
            412 => ("the state asked for is not replicated yet", false),
            429 => ("a rate limit or quota, or a standby", false),
            472 or 473 or 474 => ("a secondary or standby that does not serve this", false),
            503 => ("sealed, or no node is active", false),
            >= 500 => ("an internal fault", false),
            _ => ("refused", true),
        };
        var detail = string.Create(CultureInfo.InvariantCulture, $"{doing} failed with status {status}: {meaning}");
        // Where Vault works and says no, it is no reason to leave it alone; ending is tried again in any case.
        return new BackendException(VaultBackend.Word, up ? code : ReasonCodes.TargetUnavailable, detail, transient: !up);
    }

    /// <summary>
    /// The token of an accessor is gone: Vault says so in words that differ between versions, with 400 or 403, and the
    /// same 403 without such words means that the broker may not ask.
    /// </summary>
    public static bool IsGone(VaultAnswer answer) =>
        answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound
        && (answer.Says("invalid accessor") || answer.Says("token not found"));
}
