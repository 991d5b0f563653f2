using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Vault;

/// <summary>What the broker does to leases that exist, with its own token; each call may be made again.</summary>
internal static class VaultCalls
{
    /// <summary>Ends the token, and by Vault's own hand whatever was read with it. False when no such token was left.</summary>
    public static async ValueTask<bool> RevokeTokenAsync(this VaultConnection vault, string accessor, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync("auth/token/revoke-accessor", new JsonObject { ["accessor"] = accessor }, cancel);
        if (answer.Status == HttpStatusCode.NoContent) return true;
        if (answer.Status == HttpStatusCode.OK) return !answer.HasWarnings;
        return VaultErrors.IsGone(answer) ? false : throw VaultErrors.Of(answer, ReasonCodes.EndFailed, "revoking the lease's token");
    }

    /// <summary>Ends what was read, and comes back when those who honour it were told; an unknown lease is an ended one.</summary>
    /// <remarks>
    /// Always with <c>sync</c>, whose default differs between versions: without it Vault would only queue, and give up
    /// after six tries. A 400 may be the far side's fault, so that it is tried again like any other.
    /// </remarks>
    public static async ValueTask RevokeSecretAsync(this VaultConnection vault, string secret, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync("sys/leases/revoke", new JsonObject { ["lease_id"] = secret, ["sync"] = true }, cancel);
        if (answer.Status is not (HttpStatusCode.NoContent or HttpStatusCode.OK)) throw VaultErrors.Of(answer, ReasonCodes.EndFailed, "revoking what was read");
    }

    /// <returns>Seconds from now that Vault gave; it may give less than was asked.</returns>
    public static async ValueTask<long> RenewSecretAsync(this VaultConnection vault, string secret, long seconds, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync("sys/leases/renew", new JsonObject { ["lease_id"] = secret, ["increment"] = seconds }, cancel);
        if (answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound) throw Over(answer, "renewing what was read");
        return answer.IsSuccess && answer.Seconds("lease_duration") is { } given ? given : throw VaultErrors.Of(answer, ReasonCodes.MintFailed, "renewing what was read");
    }

    /// <inheritdoc cref="RenewSecretAsync"/>
    public static async ValueTask<long> RenewTokenAsync(this VaultConnection vault, string accessor, long seconds, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync("auth/token/renew-accessor", new JsonObject { ["accessor"] = accessor, ["increment"] = LeaseToken.Ttl(seconds) }, cancel);
        if (VaultErrors.IsGone(answer)) throw Over(answer, "renewing the lease's token");
        return answer.IsSuccess && answer.Object("auth") is { } auth && auth.Seconds("lease_duration") is { } given
            ? given
            : throw VaultErrors.Of(answer, ReasonCodes.MintFailed, "renewing the lease's token");
    }

    public static async ValueTask<bool> TokenLivesAsync(this VaultConnection vault, string accessor, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync("auth/token/lookup-accessor", new JsonObject { ["accessor"] = accessor }, cancel);
        if (answer.IsSuccess && answer.Object("data") is not null) return true;
        return VaultErrors.IsGone(answer) ? false : throw VaultErrors.Of(answer, ReasonCodes.TargetUnavailable, "looking up the lease's token");
    }

    public static async ValueTask<bool> SecretLivesAsync(this VaultConnection vault, string secret, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync("sys/leases/lookup", new JsonObject { ["lease_id"] = secret }, cancel);
        if (answer.IsSuccess && answer.Object("data") is not null) return true;
        return answer.Status == HttpStatusCode.BadRequest ? false : throw VaultErrors.Of(answer, ReasonCodes.TargetUnavailable, "looking up what was read");
    }

    private static BackendException Over(VaultAnswer answer, string doing) =>
        new(VaultBackend.Word, ReasonCodes.LeaseOver, $"{doing} failed with status {(int)answer.Status}: Vault does not know it any more, or does not renew it", transient: false);
}
